"""Random fields, solved by the spectral solver."""

import dataclasses
from pathlib import Path

from ...training import Progress
from .._source import AbstractSource
from ._data import generate_fields


@dataclasses.dataclass(frozen=True)
class FieldSource(AbstractSource):
    """Twelve waves in random proportions on a length of 60, for 60 units of time."""

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        return generate_fields(out, num_trajectories=number, seed=seed, progress=progress)
