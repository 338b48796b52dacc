"""Sections with more points than they are given with, for a finer grid."""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import jax
import numpy as np

from ..._rollout import Trajectory
from ...scenes import FoilScene
from ...sections._layout import layout_of
from .._base import AbstractReference


class FinerSections(AbstractReference):
    """A solver on a fine grid that lays more points around the sections of a coarse one.

    **Arguments:** `solver`: with the fine grid; `factor`: of edges around a section.
    """

    solver: AbstractReference
    factor: int = eqx.field(static=True)

    def trajectories(self, scenes: Sequence[FoilScene], *, num_steps: int) -> list[Trajectory]:
        fine = [finer_section(scene, self.factor) for scene in scenes]
        return self.solver.trajectories(fine, num_steps=num_steps)

    def refined(self, factor: int) -> "FinerSections":
        finer = self.solver.refined(factor)
        assert isinstance(finer, FinerSections)
        return FinerSections(finer.solver, factor * self.factor)


def finer_section(scene: FoilScene, factor: int) -> FoilScene:
    """The scene with `factor` times the edges around its section, which keeps its shape.

    **Raises:** `ValueError` as `layout_of`, or if its points are too uneven for a smooth curve.
    """
    surface = np.asarray(jax.device_get(scene.surface))
    return dataclasses.replace(scene, surface=layout_of(surface).refined(factor).fit(surface))
