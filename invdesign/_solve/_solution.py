"""What a run leaves behind."""

from typing import Any

import equinox as eqx
import numpy as np

from ._history import History


class Solution(eqx.Module):
    """The champion of a run and how it was found.

    **Arguments:**

    - `latent`, `design`: the champion, as found and as decoded by the space.
    - `violations`: by how much it misses which constraints; empty if it meets all of them.
    - `value`, `score`: its value and score on the training conditions; `inf` and NaN if no
      evaluation succeeded (the champion is then the initial latent).
    - `history`: a row an iteration.
    - `champions`: the champion's latent after every iteration, `(iteration, latent)`.
    - `reason`: why the run ended, for a person.
    - `simulator_steps`, `gradient_steps`, `charged_steps`, `seconds`: totals, as in `History`.
    - `notes`: sentences on what a person should know about the run, often none.
    - `num_growths`: how many times the capacity had to be doubled.
    - `optimizer_state`: where the optimizer stood.
    - `problem`: with the capacity it ended with.
    """

    latent: np.ndarray
    design: Any
    violations: dict[str, float]
    value: float
    score: float
    history: History
    champions: np.ndarray
    reason: str
    notes: tuple[str, ...]
    simulator_steps: int
    gradient_steps: int
    charged_steps: float
    seconds: float
    num_growths: int
    optimizer_state: Any
    problem: Any
