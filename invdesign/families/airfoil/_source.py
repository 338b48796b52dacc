"""Random sections, solved by OpenFOAM."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from ..._options import Option
from ...training import Progress
from .._source import AbstractSource
from ._data import data_solver, generate_foils
from ._drawn import Drawn, MixedFoils, NacaFoils, RandomFoils

Resolution = Annotated[
    int, Option("How many times finer than the model's grid OpenFOAM's is.", least=1, most=8)
]


@dataclasses.dataclass(frozen=True)
class FoilSource(AbstractSource):
    """Sections bent by a lattice, at random angles."""

    foils: ClassVar[type[Drawn]] = RandomFoils

    resolution: Resolution = 1

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        return generate_foils(
            out,
            num_cases=number,
            seed=seed,
            foils=self.foils(),
            solver=data_solver(self.resolution),
            progress=progress,
        )


@dataclasses.dataclass(frozen=True)
class NacaSource(FoilSource):
    """NACA four-digit sections, at random angles: of a family that training never shows."""

    foils: ClassVar[type[Drawn]] = NacaFoils


@dataclasses.dataclass(frozen=True)
class MixedSource(FoilSource):
    """Bent, NACA and class-shape sections at random angles, Re 3e5 to 3e6."""

    foils: ClassVar[type[Drawn]] = MixedFoils
