"""What a course of particles is given to learn from."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...scenes import ParticleScene
from ...simulators.particle._ranges import ParticleRanges


@dataclasses.dataclass(frozen=True)
class ParticleData:
    """Trajectories of particles, and what a course has to know of them.

    **Arguments:**

    - `arrays`: `position` and `velocity`, (trajectory, time, node, dim) in metres and seconds, and
      `segments`.
    - `described`: their metadata.
    - `scene`: that a moment begins: from `position`, `velocity` and `segments` of one.
    - `ranges`: of the scenes.
    """

    arrays: dict[str, np.ndarray]
    described: dict[str, Any]
    scene: Callable[[Mapping[str, Any]], ParticleScene]
    ranges: ParticleRanges
