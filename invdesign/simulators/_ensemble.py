"""Several simulators as one, which move the same scene side by side."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._results import RESULTS, as_code, first_failure
from .._simulator import AbstractSimulator
from .._types import Array, Code

Merge = Callable[[Sequence[Any]], Any]


def side_by_side(frames: Sequence[Any]) -> Any:
    """The particles of all members, one member after another."""
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *frames)


def mean_frame(frames: Sequence[Any]) -> Any:
    """The mean over the members of every floating-point number; of anything else the first's."""
    return jax.tree.map(lambda *leaves: _over_members(jnp.mean, leaves), *frames)


def _over_members(measure: Callable[..., Array], leaves: Sequence[Any]) -> Any:
    if not eqx.is_inexact_array(leaves[0]):
        return leaves[0]
    return measure(jnp.stack(leaves), axis=0)


class Ensemble(AbstractSimulator):
    """Simulators that each start from the same scene and know nothing of each other.

    By default frames hold the particles of all members, one member after another: a mean over
    particles, as rewards and scores of water are, is the mean over the members, and `Cautious` asks
    in how far they agree. With `merge=mean_frame` a frame of anything, such as a field or the nodes
    of a mesh, is the mean of the members' frames, and `spread` says in how far they agree. Costs
    what its members cost together.

    **Arguments:** `members`: at least one, of equal `dt` and as many frames a step; `merge`: the
    frame that is observed, from the members'.

    **Raises:** `ValueError` if there are none, or their frames or steps last differently.
    """

    members: tuple[AbstractSimulator, ...]
    merge: Merge = eqx.field(static=True)
    dt: float = eqx.field(static=True)

    def __init__(self, members: Iterable[AbstractSimulator], merge: Merge = side_by_side):
        self.members, self.merge = tuple(members), merge
        spans = sorted({member.dt for member in self.members})
        if len(spans) != 1:
            raise ValueError(
                f"`Ensemble` needs members, all with frames of one length, got frames of {spans} s."
            )
        bundles = sorted({member.frames_per_step for member in self.members})
        if len(bundles) != 1:
            raise ValueError(
                f"`Ensemble` needs members that all make as many frames a step, got {bundles}."
            )
        self.dt = spans[0]

    @property
    def frames_per_step(self) -> int:
        return self.members[0].frames_per_step

    @property
    def without_gradient(self) -> str | None:
        return next(filter(None, (member.without_gradient for member in self.members)), None)

    @property
    def recomputes(self) -> bool:
        return all(member.recomputes for member in self.members)

    def init(self, scene: Any) -> tuple[Any, Any]:
        contexts, states = zip(*(member.init(scene) for member in self.members), strict=True)
        return contexts, states

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        moved, result = [], as_code(RESULTS.successful)
        for member, own, before in zip(self.members, context, state, strict=True):
            after, code = member.step(own, before)
            moved.append(after)
            result = first_failure(result, code)
        return tuple(moved), result

    def observe(self, context: Any, state: Any) -> Any:
        return self.merge(self._frames(context, state))

    def observe_step(self, context: Any, state: Any) -> Any:
        frames = [
            member.observe_step(own, now)
            for member, own, now in zip(self.members, context, state, strict=True)
        ]
        return jax.vmap(self.merge)(frames)

    def spread(self, context: Any, state: Any) -> Any:
        """The standard deviation over the members of every number that is observed of a state."""
        frames = self._frames(context, state)
        return jax.tree.map(lambda *leaves: _over_members(jnp.std, leaves), *frames)

    def _frames(self, context: Any, state: Any) -> list[Any]:
        return [
            member.observe(own, now)
            for member, own, now in zip(self.members, context, state, strict=True)
        ]

    def check(self, scene: Any, num_steps: int | None = None) -> tuple[str, ...]:
        said = [note for member in self.members for note in member.check(scene, num_steps)]
        return tuple(dict.fromkeys(said))

    def grow(self, factor: float) -> "Ensemble":
        return Ensemble((member.grow(factor) for member in self.members), self.merge)
