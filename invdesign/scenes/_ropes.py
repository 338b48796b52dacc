"""Ropes: nodes that links of fixed length join, under gravity, in air that slows them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Bool, Float, Int, as_float
from ._obstacles import AbstractObstacles
from ._springs import NodeKind
from ._terms import AbstractTerm

GRAVITY = 9.81  # metres a second squared, down along the last axis


class RopeScene(eqx.Module):
    """Nodes of equal mass that are joined by links which keep their first lengths; SI units.

    Gravity is the earth's, down along the last axis. To stack ropes of different sizes, fill them
    up with held nodes and with links that join a node to itself.

    **Arguments:**

    - `position`: of the nodes in metres, `(node, dim)`; `velocity`: in metres a second.
    - `links`: pairs of nodes, each pair once, `(pair, 2)`.
    - `kind`: `NodeKind.FREE` or `NodeKind.HELD` for each node, `(node,)`.
    - `damping`: the rate at which each node's speed decays in air, per second, `(node,)`.
    - `radius`: of the nodes where they touch obstacles, in metres.
    - `obstacles`: what nodes may not enter, kind by kind; nodes do not touch each other.
    - `terms`: what else is asked of positions, of simulators that can be asked.
    """

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    links: Int[Array, "pair 2"]
    kind: Int[Array, " node"]
    damping: Float[Array, " node"]
    radius: float = eqx.field(static=True, default=0.02)
    obstacles: tuple[AbstractObstacles, ...] = ()
    terms: tuple[AbstractTerm, ...] = ()

    @property
    def is_free(self) -> Bool[Array, " node"]:
        """Which nodes move."""
        return self.kind == NodeKind.FREE


def rope_scene(arrays: Mapping[str, Any], **further: Any) -> RopeScene:
    """A scene from its arrays by their names; others are passed over."""
    names = ("position", "velocity", "links", "kind", "damping")
    return RopeScene(**{name: jnp.asarray(arrays[name]) for name in names}, **further)


class HalfSpaces(AbstractObstacles):
    """What lies behind planes, in the plane behind lines: floors, walls, ceilings.

    **Arguments:**

    - `normal`: unit vectors that point out of the solid; `offset`: of the surfaces along them from
      the origin in metres.
    - `thickness`: how far behind the surface the core lies in metres: nothing gets as deep.
    """

    normal: Float[Array, "obstacle dim"] = eqx.field(converter=as_float)
    offset: Float[Array, " obstacle"] = eqx.field(converter=as_float)
    thickness: Float[Array, " obstacle"]

    def __init__(self, normal: Any, offset: Any, depth: float = 1.0):
        self.normal, self.offset = as_float(normal), as_float(offset)
        self.thickness = jnp.full_like(self.offset, depth)

    def closest(self, points: Float[Array, "node dim"]) -> tuple[Array, Array]:
        above = jnp.sum(self.normal * points, axis=1) - self.offset + self.thickness
        return above[:, None] * self.normal, jnp.abs(above)


def gaps(
    obstacles: tuple[AbstractObstacles, ...], points: Float[Array, "node dim"], radius: Any
) -> tuple[Float[Array, "obstacle node"], list[Float[Array, "obstacle node"]]]:
    """Room between every obstacle and every node in metres, and the surfaces' normals by axis.

    Room below 0 is penetration. There has to be an obstacle. **Arguments:** `radius`: of all nodes,
    or of each.
    """
    rooms, normals = [], []
    sizes = jnp.broadcast_to(jnp.asarray(radius, points.dtype), points.shape[:1])[None]
    for kind in obstacles:
        delta, distance = kind.by_axis(points)
        inverse = 1.0 / jnp.where(distance > 0, distance, 1.0)
        rooms.append(distance - kind.thickness[:, None] - sizes)
        normals.append([axis * inverse for axis in delta])
    joined = [jnp.concatenate(axis) for axis in zip(*normals, strict=True)]
    return jnp.concatenate(rooms), joined


def asked_more(scene: Any, further: tuple[AbstractObstacles | AbstractTerm, ...]) -> Any:
    """The scene with obstacles and terms beside its own."""
    terms = tuple(each for each in further if isinstance(each, AbstractTerm))
    obstacles = tuple(each for each in further if not isinstance(each, AbstractTerm))
    return dataclasses.replace(
        scene, obstacles=(*scene.obstacles, *obstacles), terms=(*scene.terms, *terms)
    )
