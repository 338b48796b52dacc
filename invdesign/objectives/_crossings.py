"""How far a tool has to go to undo that it crosses a wall."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import lax

from .._geometry import closest_points, safe_norm, signed_distances
from .._types import Array, Bool, Float, Segments

Walls = Float[Array, "wall 2 2"]
Pairs = Float[Array, "segment wall"]

_TOUCHES = 1e-5  # metres: what is as near as this is at one place
_NEVER = 1e6  # metres: no way out there


class Crossings(NamedTuple):
    """Which segments cross which walls, and where: 0 to 1 along either, of those that do."""

    crosses: Bool[Array, "segment wall"]
    on_tool: Pairs
    on_wall: Pairs


def signed_gaps(segments: Segments, walls: Walls, sides: Float[Array, "2 2"] | None) -> Pairs:
    """Distance of every segment to every wall, or where they cross minus the way out, in metres.

    A segment that begins where the one before it ends belongs to its chain, which hangs by its
    first end. A crossing is undone

    - around an end of the wall, as far off as the crossing lies from it along the wall; not around
      one on a side of the box `sides` (lower and upper corner, if there is one), and around one
      that another wall touches only by going on along that wall;
    - around the tool's free end, as far off as the crossing lies from it along the tool; a segment
      that belongs to no chain has two;
    - or together with the next crossing of the same wall, as far as what lies between reaches
      beyond it.

    The shortest way counts. It does not end where two links meet on the wall, as that of one
    segment alone does, so that a derivative leads all the way out.
    """
    apart = signed_distances(segments, walls)
    found = _crossings(segments, walls, apart < 0)
    ways = jnp.minimum(_around_walls(found, walls, sides), _around_tool(found, segments))
    ways = jnp.minimum(ways, _back(found, segments, walls))
    return jnp.where(found.crosses, -ways, apart)


def _crossings(segments: Segments, walls: Walls, crosses: Bool[Array, "segment wall"]) -> Crossings:
    along, wall = segments[:, 1] - segments[:, 0], walls[:, 1] - walls[:, 0]
    offset = walls[None, :, 0] - segments[:, None, 0]
    across = _cross(along[:, None], wall[None])
    across = jnp.where(crosses, across, 1.0)
    on_tool = _cross(offset, wall[None]) / across
    on_wall = _cross(offset, along[:, None]) / across
    return Crossings(crosses, on_tool, on_wall)


def _around_walls(found: Crossings, walls: Walls, sides: Float[Array, "2 2"] | None) -> Pairs:
    length, further = safe_norm(walls[:, 1] - walls[:, 0])[None], _beyond_ends(walls, sides)[None]
    first = found.on_wall * length + further[..., 0]
    second = (1.0 - found.on_wall) * length + further[..., 1]
    return jnp.minimum(first, second)


def _beyond_ends(walls: Walls, sides: Float[Array, "2 2"] | None) -> Float[Array, "wall 2"]:
    """How far it is from each end of each wall to where all walls end."""
    number = walls.shape[0]
    ends = walls.reshape(-1, 2)
    other = jnp.repeat(~jnp.eye(number, dtype=bool), 2, axis=0)
    touches = (closest_points(ends, walls)[1] <= _TOUCHES) & other
    closed = jnp.zeros(2 * number, bool)
    if sides is not None:
        closed = (jnp.minimum(ends - sides[:1], sides[1:] - ends) <= _TOUCHES).any(axis=1)
    apart = safe_norm(ends[:, None] - ends[None])
    steps = jnp.where(jnp.repeat(touches, 2, axis=1), apart, _NEVER)
    least = jnp.where(closed | touches.any(axis=1), _NEVER, 0.0)
    beyond = least
    for _ in range(number):  # no way leads along more walls than there are
        beyond = jnp.minimum(least, (steps + beyond[None]).min(axis=1))
        beyond = jnp.where(closed, _NEVER, beyond)
    return beyond.reshape(number, 2)


def _around_tool(found: Crossings, segments: Segments) -> Pairs:
    length, linked = safe_norm(segments[:, 1] - segments[:, 0]), _linked(segments)

    def add(after: Array, link: tuple[Array, Array]) -> tuple[Array, Array]:
        joined, own = link
        return jnp.where(joined, after, 0.0) + own, jnp.where(joined, after, 0.0)

    behind = lax.scan(add, jnp.zeros_like(length[0]), (linked, length), reverse=True)[1]
    alone = ~linked & ~jnp.roll(linked, 1)
    start = jnp.where(alone, 0.0, _NEVER)[:, None] + found.on_tool * length[:, None]
    end = behind[:, None] + (1.0 - found.on_tool) * length[:, None]
    return jnp.minimum(start, end)


def _linked(segments: Segments) -> Bool[Array, " segment"]:
    """Whether the next segment begins where each one ends; none follows the last."""
    apart = safe_norm(segments[:-1, 1] - segments[1:, 0])
    return jnp.append(apart <= _TOUCHES, False)


def _back(found: Crossings, segments: Segments, walls: Walls) -> Pairs:
    """How far the joints up to the next crossing, or since the last one, are from the wall."""
    depths, linked = closest_points(segments[:, 1], walls)[1], _linked(segments)[:, None]
    joints = depths[:-1], linked[:-1]
    crosses = found.crosses

    def reach(beyond: Array, joint: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        depth, joined, ends = joint
        deepest = jnp.maximum(depth, jnp.where(ends, 0.0, beyond))
        deepest = jnp.where(joined, deepest, _NEVER)
        return deepest, deepest

    never = jnp.full(walls.shape[0], _NEVER, segments.dtype)
    ahead = lax.scan(reach, never, (*joints, crosses[1:]), reverse=True)[1]
    behind = lax.scan(reach, never, (*joints, crosses[:-1]))[1]
    return jnp.minimum(
        jnp.concatenate([ahead, never[None]]), jnp.concatenate([never[None], behind])
    )


def _cross(first: Array, second: Array) -> Array:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
