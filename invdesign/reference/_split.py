"""The particles of a scene, each split into several smaller ones."""

import dataclasses
import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._simulator import AbstractSimulator
from .._types import Code
from ..scenes import Inflow, ParticleFrame, ParticleScene


def split_particles(scene: ParticleScene, factor: int, spacing: float) -> ParticleScene:
    """The same water as `factor**dim` particles for each, on a lattice in the place of each.

    With a factor of 2 they lie a quarter of the spacing to either side. Volume, center of mass and
    momentum stay. Traceable.

    **Arguments:** `spacing`: of the scene's particles at rest, in metres.
    """
    dim = scene.position.shape[1]
    places = (np.arange(factor) + 0.5) / factor - 0.5
    offsets = spacing * np.asarray(list(itertools.product(places, repeat=dim)))
    position = scene.position[:, None] + jnp.asarray(offsets, scene.position.dtype)[None]
    inflow = scene.inflow
    if inflow is not None:
        inflow = Inflow(jnp.repeat(inflow.frame, len(offsets), axis=0))
    return dataclasses.replace(
        scene,
        inflow=inflow,
        position=position.reshape(-1, dim),
        velocity=jnp.repeat(scene.velocity, len(offsets), axis=0),
        spacing=spacing / factor,
    )


class Split(AbstractSimulator):
    """A simulator of smaller particles that starts from the scenes of larger ones.

    What is observed are the smaller ones: means over the particles, such as rewards and scores of
    water, stay what they are.

    **Arguments:** `solver`: for the smaller particles; `factor`: how many lie in a row in the place
    of one; `spacing`: of the scenes' particles at rest, in metres.
    """

    solver: AbstractSimulator
    factor: int = eqx.field(static=True)
    spacing: float = eqx.field(static=True)
    dt: float = eqx.field(static=True)

    def __init__(self, solver: AbstractSimulator, factor: int, spacing: float):
        self.solver, self.factor, self.spacing = solver, factor, spacing
        self.dt = solver.dt

    def init(self, scene: ParticleScene) -> tuple[Any, Any]:
        return self.solver.init(self._split(scene))

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        return self.solver.step(context, state)

    def observe(self, context: Any, state: Any) -> ParticleFrame:
        return self.solver.observe(context, state)

    def check(self, scene: ParticleScene, num_steps: int | None = None) -> tuple[str, ...]:
        on_device = jax.tree.map(jnp.asarray, scene)  # from wherever it is
        return self.solver.check(jax.device_get(self._split(on_device)), num_steps)

    def grow(self, factor: float) -> "Split":
        return Split(self.solver.grow(factor), self.factor, self.spacing)

    def refined(self, factor: int) -> "Split":
        solver = self.solver.refined(factor)
        if isinstance(solver, Split):
            solver, factor = solver.solver, factor * self.factor
        return Split(solver, factor, self.spacing)

    def _split(self, scene: ParticleScene) -> ParticleScene:
        return split_particles(scene, self.factor, self.spacing)
