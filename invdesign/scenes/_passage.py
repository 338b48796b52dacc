"""Water that comes in later and leaves: which particles of a scene are under way, and where to."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Bool, Float, Int, Scalar


class Inflow(eqx.Module):
    """When the particles of a scene are switched on.

    Until then each stays where the scene has it, and nothing feels it: so many particles may wait
    at the mouth of one pipe. The shapes of all arrays stay the same throughout.

    **Arguments:** `frame`: in which frame each begins to move, 0 for the first, `(node,)`.
    """

    frame: Int[Array, " node"]


class Outflow(eqx.Module):
    """A level that takes water out: a floor that it lands on and is of no more interest.

    A particle that is below after a frame has landed where the straight way of that frame crosses
    the level. There it stays, and nothing feels it any more. That is the definition for every
    simulator: at 3 m/s a frame of 25 ms is 75 mm long.

    **Arguments:** `level`: in metres along the second axis, which is up.
    """

    level: Scalar


class Passage(eqx.Module):
    """Which particles wait, which are under way, and which have landed.

    It is a part of the state of a simulator that honors `Inflow` and `Outflow`, and of the frames
    that are observed of it.

    **Arguments:**

    - `frame`: number of frames made.
    - `waiting`: not switched on yet, `(node,)`.
    - `landed`: has left by the outflow; its position is where, `(node,)`.
    - `when`: it landed, in seconds from the start; 0 of all others, `(node,)`.
    """

    frame: Int[Array, "*time"]
    waiting: Bool[Array, "*time node"]
    landed: Bool[Array, "*time node"]
    when: Float[Array, "*time node"]

    @property
    def moving(self) -> Bool[Array, "*time node"]:
        """Whether a particle moves in the frame that begins."""
        return ~(self.waiting | self.landed)


class Gates(eqx.Module):
    """Inflow and outflow of a scene: what a simulator keeps in its context.

    **Arguments:** both may be `None`.
    """

    inflow: Inflow | None
    outflow: Outflow | None

    @property
    def is_open(self) -> bool:
        """Whether anything comes in or leaves; known before anything is compiled."""
        return self.inflow is not None or self.outflow is not None

    def start(self, position: Float[Array, "node dim"]) -> Passage | None:
        """The passage before the first frame; `None` where all particles are there throughout."""
        if not self.is_open:
            return None
        never = jnp.zeros(position.shape[:1], bool)
        return Passage(
            frame=jnp.zeros((), jnp.int32),
            waiting=never if self.inflow is None else self.inflow.frame > 0,
            landed=never,
            when=jnp.zeros(position.shape[:1], position.dtype),
        )

    def above(self, position: Float[Array, "node dim"]) -> Bool[Array, " node"]:
        """Which particles have not passed the outflow."""
        if self.outflow is None:
            return jnp.ones(position.shape[:1], bool)
        return position[:, 1] > self.outflow.level.astype(position.dtype)

    def passed(
        self,
        passage: Passage,
        before: Float[Array, "node dim"],
        after: Float[Array, "node dim"],
        dt: float,
    ) -> tuple[Passage, Float[Array, "node dim"]]:
        """The passage a frame of `dt` seconds later, and the positions: of what lands, where.

        **Arguments:** `before`, `after`: positions at both ends of the frame in metres.
        """
        frame = passage.frame + 1
        waiting, landed, when = passage.waiting, passage.landed, passage.when
        if self.inflow is not None:
            waiting = self.inflow.frame > frame
        if self.outflow is not None:
            lands = passage.moving & ~self.above(after)
            level = self.outflow.level.astype(after.dtype)
            fall = jnp.where(lands, before[:, 1] - after[:, 1], 1.0)
            share = jnp.clip((before[:, 1] - level) / jnp.maximum(fall, 1e-9), 0.0, 1.0)
            share = jnp.where(lands, share, 1.0)
            after = jnp.where(lands[:, None], before + share[:, None] * (after - before), after)
            when = jnp.where(lands, dt * (passage.frame.astype(after.dtype) + share), when)
            landed = landed | lands
        return dataclasses.replace(
            passage, frame=frame, waiting=waiting, landed=landed, when=when
        ), after
