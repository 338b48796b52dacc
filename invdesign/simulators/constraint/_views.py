"""How scenes are put before a network: ropes, rigid bodies, balls."""

import abc
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..._checks import checked_number
from ..._geometry import safe_norm
from ..._results import RESULTS, as_code
from ..._types import Array, Bool, Code, Float, Int, Scalar
from ...scenes import BallScene, RopeScene
from ...scenes._balls import ABSENT
from ._network import LinkGraph
from ._ranges import AbstractRanges, BallRanges, RopeRanges
from ._sight import AbstractSight, ContactSight, LinkSight, Walls
from ._touch import Touch

_DAMPING = 10.0  # a second, what rates of decay are measured in
_RADIUS, _MASS = 0.05, 0.1  # m, kg
_NEAR, _FAR = 0.02, 0.05  # m of room, up to which balls see each other as they are, and at all


class AbstractContext(eqx.Module):
    """What does not change over a rollout.

    - `is_free`: which nodes move; `traits`: features of nodes that stay; `touch`: obstacles.
    """

    is_free: eqx.AbstractVar[Bool[Array, " node"]]
    traits: eqx.AbstractVar[Float[Array, "node feature"]]
    touch: eqx.AbstractVar[Touch]

    @abc.abstractmethod
    def sight(self, coasting: Float[Array, "node dim"], unit: Scalar) -> tuple[AbstractSight, Code]:
        """What a network sees in a frame of nodes that would coast to these positions."""


class LinkContext(AbstractContext):
    """Of nodes whose links stay."""

    is_free: Bool[Array, " node"]
    traits: Float[Array, "node feature"]
    touch: Touch
    graph: LinkGraph
    rest: Float[Array, " edge"]
    walls: Walls | None = None

    def sight(self, coasting: Float[Array, "node dim"], unit: Scalar) -> tuple[AbstractSight, Code]:
        sight = LinkSight(self.graph, self.rest, unit, self.walls)
        return sight, as_code(RESULTS.successful)


class ContactContext(AbstractContext):
    """Of balls that see those that they may touch."""

    is_free: Bool[Array, " node"]
    traits: Float[Array, "node feature"]
    touch: Touch
    walls: Walls
    num_pairs: int = eqx.field(static=True)

    def sight(self, coasting: Float[Array, "node dim"], unit: Scalar) -> tuple[AbstractSight, Code]:
        size = coasting.shape[0]
        first, last = np.triu_indices(size, 1)
        reach = self.walls.radius[first] + self.walls.radius[last]
        room = safe_norm(coasting[first] - coasting[last]) - reach
        there = self.is_free[first] & self.is_free[last] & (room < _FAR)
        number = min(self.num_pairs, len(first))
        nearest = lax.top_k(jnp.where(there, -room, -jnp.inf), number)[1]
        links = jnp.stack([jnp.asarray(first)[nearest], jnp.asarray(last)[nearest]], axis=1)
        share = jnp.clip((_FAR - room[nearest]) / (_FAR - _NEAR), 0.0, 1.0)
        share = jnp.where(there[nearest], share**2 * (3 - 2 * share), 0.0)
        graph = LinkGraph.of_links(links.astype(jnp.int32), size, coasting.dtype)
        graph = dataclasses.replace(graph, mask=jnp.tile(share, 2))
        code = jnp.where(
            jnp.sum(there) > number,
            as_code(RESULTS.capacity_exceeded),
            as_code(RESULTS.successful),
        )
        return ContactSight(graph, jnp.tile(reach[nearest], 2), self.walls), code


class AbstractView(eqx.Module):
    """How the scenes of one kind are put before a network.

    - `num_traits`: features of nodes that stay; `num_places`: that hang on positions, and
      `num_relations`: the same of edges, of which the first two are a direction.
    - `mirrored_places`: which of the `num_places` each of them is in the mirror, left to right.
    - `ranges`: of what a model has learned from.
    """

    num_traits: eqx.AbstractClassVar[int]
    num_places: eqx.AbstractClassVar[int]
    num_relations: eqx.AbstractClassVar[int]
    mirrored_places: eqx.AbstractClassVar[tuple[int, ...]]
    ranges: eqx.AbstractClassVar[type[AbstractRanges]]

    @abc.abstractmethod
    def context(self, scene: Any) -> AbstractContext:
        """What does not change over a rollout of a scene."""

    def check(self, scene: Any) -> None:
        """Refuse scenes that a model cannot see; on the host. By default none.

        **Raises:** `ValueError` saying which it takes.
        """

    def grow(self, factor: float) -> "AbstractView":
        """With more room for pairs.

        **Raises:** `ValueError` where there is no capacity that could grow.
        """
        raise ValueError("This model has no capacity that could grow.")


class Links(AbstractView):
    """Ropes: nodes see those that they are linked with."""

    num_traits: ClassVar[int] = 2
    num_places: ClassVar[int] = 0
    num_relations: ClassVar[int] = LinkSight.num_edge_features
    mirrored_places: ClassVar[tuple[int, ...]] = ()
    ranges: ClassVar[type[AbstractRanges]] = RopeRanges

    def context(self, scene: RopeScene) -> LinkContext:
        position, is_free = scene.position, scene.is_free
        graph = LinkGraph.of_links(scene.links, position.shape[0], position.dtype)
        held = (~is_free).astype(position.dtype)
        return LinkContext(
            is_free=is_free,
            traits=jnp.stack([held, scene.damping / _DAMPING], axis=1),
            touch=Touch(scene.obstacles, is_free, scene.radius, scene.terms),
            graph=graph,
            rest=_lengths(graph, position),
        )


class Joined(AbstractView):
    """A rigid body of balls in a box: every ball sees all others, and the walls."""

    num_traits: ClassVar[int] = 2
    num_places: ClassVar[int] = Walls.num_features
    num_relations: ClassVar[int] = LinkSight.num_edge_features
    mirrored_places: ClassVar[tuple[int, ...]] = Walls.mirrored
    ranges: ClassVar[type[AbstractRanges]] = BallRanges

    def context(self, scene: BallScene) -> LinkContext:
        size = scene.position.shape[0]
        links = jnp.asarray(np.stack(np.triu_indices(size, 1), axis=1), jnp.int32)
        graph = LinkGraph.of_links(links, size, scene.position.dtype)
        one = scene.is_free[links[:, 0]] & (scene.body[links[:, 0]] == scene.body[links[:, 1]])
        graph = dataclasses.replace(graph, mask=jnp.tile(one, 2))
        return LinkContext(
            is_free=scene.is_free,
            traits=_ball_traits(scene),
            touch=Touch(scene.obstacles, scene.is_free, scene.radius, scene.terms),
            graph=graph,
            rest=_lengths(graph, scene.position),
            walls=Walls(scene.lower, scene.upper, scene.radius),
        )

    def check(self, scene: BallScene) -> None:
        number = len(_bodies(scene))
        if number != 1:
            raise ValueError(f"A model of a rigid body takes scenes of one body, got {number}.")


class Contacts(AbstractView):
    """Balls in a box: each sees those that it may touch, and the walls.

    **Arguments:** `pairs_per_ball`: room for as many pairs that may touch as balls, times this.
    """

    pairs_per_ball: float = eqx.field(static=True, default=2.0)

    num_traits: ClassVar[int] = 2
    num_places: ClassVar[int] = Walls.num_features
    num_relations: ClassVar[int] = ContactSight.num_edge_features
    mirrored_places: ClassVar[tuple[int, ...]] = Walls.mirrored
    ranges: ClassVar[type[AbstractRanges]] = BallRanges

    def __check_init__(self):
        checked_number(self.pairs_per_ball, "pairs_per_ball", "Contacts", above=0)

    def context(self, scene: BallScene) -> ContactContext:
        return ContactContext(
            is_free=scene.is_free,
            traits=_ball_traits(scene),
            touch=Touch(scene.obstacles, scene.is_free, scene.radius, scene.terms),
            walls=Walls(scene.lower, scene.upper, scene.radius),
            num_pairs=max(1, int(np.ceil(self.pairs_per_ball * scene.position.shape[0]))),
        )

    def check(self, scene: BallScene) -> None:
        if max(_bodies(scene).values()) > 1:
            raise ValueError("A model of balls takes scenes whose balls are not joined.")

    def grow(self, factor: float) -> "Contacts":
        return Contacts(self.pairs_per_ball * factor)


VIEWS: Mapping[str, Callable[[], AbstractView]] = {
    "links": Links,
    "joined": Joined,
    "contacts": Contacts,
}


def _lengths(graph: LinkGraph, position: Float[Array, "node dim"]) -> Float[Array, " edge"]:
    """Lengths of edges in metres, 1 where an edge has none."""
    length = safe_norm((graph.senders - graph.receivers) @ position)
    return jnp.where(length > 0, length, 1.0)


def _ball_traits(scene: BallScene) -> Float[Array, "node feature"]:
    return jnp.stack([scene.radius / _RADIUS - 1.0, jnp.log(scene.mass / _MASS)], axis=1)


def _bodies(scene: BallScene) -> dict[int, int]:
    """How many balls each body has (host side)."""
    body: Int[Array, " node"] = jax.device_get(scene.body)
    numbers, counts = np.unique(body[body != ABSENT], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))
