"""Elastic bodies as nodes and edges, and the nodes whose motion is given."""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Bool, Float, Int, Scalar


class NodeKind(enum.IntEnum):
    """What a node of a mesh does: it moves freely, stays where it starts, or is driven."""

    FREE = 0
    HELD = 1
    DRIVEN = 2


class SpringScene(eqx.Module):
    """Elastic bodies and driven obstacles: nodes that the edges of meshes join; SI units.

    What the body is made of is the simulator's to know; how much stiffer its parts are than that
    may be said. Nodes without a common edge touch where they come near each other. Driven nodes
    keep the velocity they start with. To stack meshes of different sizes, fill them up with held
    nodes far from everything and with edges that join a node to itself.

    **Arguments:**

    - `rest`: positions of the nodes in metres in which nothing pulls, `(node, mesh)`; a sheet in
      space has two of these coordinates and three of the others.
    - `position`: in metres, `(node, dim)`; `velocity`: in metres a second.
    - `edges`: pairs of nodes that are joined, each pair once, `(pair, 2)`.
    - `kind`: a `NodeKind` for each node, `(node,)`.
    - `gravity`: acceleration in metres a second squared, `(dim,)`.
    - `stiffness`: of each pair over that of the simulator's material, `(pair,)`; `None` for 1.

    **Raises:** `ValueError` if `stiffness` has not one number a pair.
    """

    rest: Float[Array, "node mesh"]
    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    edges: Int[Array, "pair 2"]
    kind: Int[Array, " node"]
    gravity: Float[Array, " dim"]
    stiffness: Float[Array, " pair"] | None = None

    def __check_init__(self):
        pairs = self.edges.shape[:-1]
        if self.stiffness is not None and self.stiffness.shape != pairs:
            raise ValueError(
                f"`SpringScene` needs a stiffness for each of its pairs, of shape {pairs}, got "
                f"shape {self.stiffness.shape}."
            )


def elastic_scene(arrays: Mapping[str, Any]) -> SpringScene:
    """A scene from its arrays by their names; others are passed over."""
    names = [field.name for field in dataclasses.fields(SpringScene)]
    return SpringScene(**{name: jnp.asarray(arrays[name]) for name in names if name in arrays})


class Support(eqx.Module):
    """The boundary conditions of a mesh: held nodes stay, driven ones move at their velocity.

    Where a node is that is not free follows from its start and the time alone, not from where it
    was a step before: rounding does not add up, and a design that places or drives a tool acts
    through the context, where no truncated adjoint cuts it off.

    **Arguments:** `kind`: of the nodes; `start`: their positions at time zero in metres; `drive`:
    their velocities in metres a second, zero for held ones.
    """

    kind: Int[Array, " node"]
    start: Float[Array, "node dim"]
    drive: Float[Array, "node dim"]

    @property
    def is_free(self) -> Bool[Array, " node"]:
        """Which nodes move by what acts on them."""
        return self.kind == NodeKind.FREE

    def __call__(
        self, position: Float[Array, "node dim"], velocity: Float[Array, "node dim"], time: Scalar
    ) -> tuple[Float[Array, "node dim"], Float[Array, "node dim"]]:
        """Positions and velocities of free nodes as they are, and of the others at a time (s)."""
        free = self.is_free[:, None]
        given = self.start + time * self.drive
        return jnp.where(free, position, given), jnp.where(free, velocity, self.drive)


def support_of(scene: SpringScene) -> Support:
    """The boundary conditions of a scene."""
    driven = (scene.kind == NodeKind.DRIVEN)[:, None]
    return Support(scene.kind, scene.position, jnp.where(driven, scene.velocity, 0.0))


def stiffness_of(scene: SpringScene) -> Float[Array, " pair"]:
    """How stiff the pairs of a scene are, over what the simulator takes for 1."""
    if scene.stiffness is None:
        return jnp.ones(scene.edges.shape[:1], scene.position.dtype)
    return scene.stiffness.astype(scene.position.dtype)
