"""Several simulators as one, which move the same scene side by side."""

from collections.abc import Iterable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._results import RESULTS, as_code, first_failure
from .._simulator import AbstractSimulator
from .._types import Code
from ..scenes import ParticleFrame, ParticleScene


class Ensemble(AbstractSimulator):
    """Particle simulators that each start from the same scene and know nothing of each other.

    Frames hold the particles of all members, one member after another: a mean over particles, as
    rewards and scores of water are, is the mean over the members. `Cautious` asks in how far they
    agree. Costs what its members cost together.

    **Arguments:** `members`: at least one, of equal `dt`.

    **Raises:** `ValueError` if there are none, or their frames last differently.
    """

    members: tuple[AbstractSimulator, ...]
    dt: float = eqx.field(static=True)

    def __init__(self, members: Iterable[AbstractSimulator]):
        self.members = tuple(members)
        spans = sorted({member.dt for member in self.members})
        if len(spans) != 1:
            raise ValueError(
                f"`Ensemble` needs members, all with frames of one length, got frames of {spans} s."
            )
        self.dt = spans[0]

    def init(self, scene: ParticleScene) -> tuple[Any, Any]:
        contexts, states = zip(*(member.init(scene) for member in self.members), strict=True)
        return contexts, states

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        moved, result = [], as_code(RESULTS.successful)
        for member, own, before in zip(self.members, context, state, strict=True):
            after, code = member.step(own, before)
            moved.append(after)
            result = first_failure(result, code)
        return tuple(moved), result

    def observe(self, context: Any, state: Any) -> ParticleFrame:
        frames = [
            member.observe(own, now)
            for member, own, now in zip(self.members, context, state, strict=True)
        ]
        return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *frames)

    def check(self, scene: ParticleScene, num_steps: int | None = None) -> tuple[str, ...]:
        said = [note for member in self.members for note in member.check(scene, num_steps)]
        return tuple(dict.fromkeys(said))

    def grow(self, factor: float) -> "Ensemble":
        return Ensemble(member.grow(factor) for member in self.members)
