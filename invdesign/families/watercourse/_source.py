"""Streams over random landscapes, solved by the MPM."""

import dataclasses
from pathlib import Path
from typing import Annotated

from ..._options import Option
from ...training import Progress
from .._source import AbstractSource
from ._data import NUM_FRAMES, generate_watercourses
from ._landscapes import RandomLandscapes


@dataclasses.dataclass(frozen=True)
class WatercourseSource(AbstractSource):
    """Waves, hills, ramps, steps and rough ground under a stream; none designed for anything."""

    held_out: Annotated[
        bool, Option("Take the kinds that models are judged on: troughs, cones, saddles, spirals.")
    ] = False
    frames: Annotated[int, Option("Length of a trajectory in frames.", least=20, most=10_000)] = (
        NUM_FRAMES
    )

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        return generate_watercourses(
            out,
            num_trajectories=number,
            seed=seed,
            num_frames=self.frames,
            landscapes=RandomLandscapes(held_out=self.held_out),
            progress=progress,
        )
