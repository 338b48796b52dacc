"""Random ropes, solved by MuJoCo."""

import dataclasses
from pathlib import Path

from ...training import Progress
from .._source import AbstractSource
from ._data import generate_ropes


@dataclasses.dataclass(frozen=True)
class RopeSource(AbstractSource):
    """Ropes of 5 to 10 nodes that swing from one end."""

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        return generate_ropes(out, num_trajectories=number, seed=seed, progress=progress)
