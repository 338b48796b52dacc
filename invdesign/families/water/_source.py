"""Random scenes of water, solved by the MPM."""

import dataclasses
from pathlib import Path
from typing import Annotated

from ..._options import Option
from ...training import Progress
from .._source import AbstractSource
from ._data import generate_water
from ._random import random_water


@dataclasses.dataclass(frozen=True)
class WaterSource(AbstractSource):
    """Blocks of water over ramps and polylines in a box of a metre."""

    clutter: Annotated[
        float, Option("Share of scenes strewn with short pieces.", least=0, most=1)
    ] = 0.0
    contact: Annotated[
        float, Option("Share of scenes with tools in the water's way.", least=0, most=1)
    ] = 0.0
    frames: Annotated[int, Option("Length of a trajectory in frames.", least=20, most=10_000)] = 120

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        return generate_water(
            out,
            num_trajectories=number,
            seed=seed,
            num_steps=self.frames,
            water=random_water(self.clutter, self.contact),
            progress=progress,
        )
