"""Random sections, solved by OpenFOAM."""

import dataclasses
from pathlib import Path

from ...training import Progress
from .._source import AbstractSource
from ._data import NacaFoils, RandomFoils, generate_foils


@dataclasses.dataclass(frozen=True)
class FoilSource(AbstractSource):
    """Sections bent by a lattice, at random angles."""

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        foils = RandomFoils()
        return generate_foils(out, num_cases=number, seed=seed, foils=foils, progress=progress)


@dataclasses.dataclass(frozen=True)
class NacaSource(AbstractSource):
    """NACA four-digit sections, at random angles: of a family that training never shows."""

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        foils = NacaFoils()
        return generate_foils(out, num_cases=number, seed=seed, foils=foils, progress=progress)
