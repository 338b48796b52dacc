"""Several simulators as one, which move the same scene side by side."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._results import RESULTS, as_code, first_failure
from .._scene import ParticleFrame, ParticleScene
from .._simulator import AbstractSimulator
from .._types import Code


class Ensemble(AbstractSimulator):
    """Particle simulators that each start from the same scene and know nothing of each other.

    Frames hold the particles of all members, one member after another: a mean over particles, as
    rewards and scores of water are, is the mean over the members. `Cautious` asks in how far they
    agree. Costs what its members cost together.

    **Arguments:** `members`: at least one, of equal `dt`.

    **Raises:** `ValueError` if there are none, or their frames last differently.
    """

    members: tuple[AbstractSimulator, ...] = eqx.field(converter=tuple)

    def __check_init__(self):
        spans = {member.dt for member in self.members}
        if len(spans) != 1:
            raise ValueError(
                "`Ensemble` needs members, all with frames of one length, got frames of "
                f"{sorted(spans)} s."
            )

    @property
    def dt(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.members[0].dt

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

    def grow(self, factor: float) -> "Ensemble":
        return Ensemble(members=tuple(member.grow(factor) for member in self.members))
