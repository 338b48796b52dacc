"""Random strips, solved by springs."""

import dataclasses
from pathlib import Path

from ...training import Progress
from .._source import AbstractSource
from ._data import generate_elastic


@dataclasses.dataclass(frozen=True)
class ElasticSource(AbstractSource):
    """Strips that meet a disk."""

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        return generate_elastic(out, num_trajectories=number, seed=seed, progress=progress)
