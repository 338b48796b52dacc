"""What a run's conclusion is made of."""

import dataclasses

import numpy as np

from ._task import Task
from ._verify import Judgement


@dataclasses.dataclass(frozen=True)
class Judged:
    """A run's designs and what is known of them.

    **Arguments:**

    - `start`, `latent`: the latents of the first design and of the champion.
    - `before`, `after`: their judgements under the simulator that was descended through.
    - `trusted`: the champion's under the reference solver; `after` if that is the same simulator,
      `None` if there is no reference solver.
    - `champions`: latents of the best designs after every iteration, `(iteration, latent)`.
    """

    task: Task
    start: np.ndarray
    latent: np.ndarray
    before: Judgement
    after: Judgement
    trusted: Judgement | None
    champions: np.ndarray
