"""Distances to segments."""

import jax.numpy as jnp

from ._types import Array, Bool, Float


def safe_norm(vector: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
    """Euclidean norm over the last axis whose gradient at zero is zero and not NaN."""
    return safe_sqrt(jnp.sum(vector**2, axis=-1))


def safe_sqrt(squared: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Square root that is zero, with its gradient, up to 1e-24: the norm of next to nothing."""
    is_zero = squared <= 1e-24
    return jnp.where(is_zero, 0.0, jnp.sqrt(jnp.where(is_zero, 1.0, squared)))


def closest_points(
    points: Float[Array, "node dim"], segments: Float[Array, "segment 2 dim"]
) -> tuple[Float[Array, "node segment dim"], Float[Array, "node segment"]]:
    """Vector from the closest point of every segment to every point, and its length, in metres.

    A segment of length zero counts as a point.
    """
    delta, distance = closest_by_axis(points, segments)
    return jnp.stack([d.T for d in delta], axis=-1), distance.T


def from_own_segment(
    points: Float[Array, "node dim"], segments: Float[Array, "node 2 dim"]
) -> tuple[Float[Array, "node dim"], Float[Array, " node"]]:
    """As `closest_points`, of a segment of its own for each point."""
    start, end = segments[:, 0], segments[:, 1]
    delta, distance = _from_segment(_columns(points - start), _columns(end - start))
    return jnp.stack(delta, axis=1), distance


def box_walls(lower: Float[Array, " 2"], upper: Float[Array, " 2"]) -> Float[Array, "4 2 2"]:
    """The four sides of a rectangle as segments: bottom, right, top, left."""
    corners = jnp.stack(
        [lower, jnp.stack([upper[0], lower[1]]), upper, jnp.stack([lower[0], upper[1]])]
    )
    return jnp.stack([corners, jnp.roll(corners, -1, axis=0)], axis=1)


def closest_by_axis(
    points: Float[Array, "node dim"], segments: Float[Array, "segment 2 dim"]
) -> tuple[list[Float[Array, "segment node"]], Float[Array, "segment node"]]:
    """`closest_points`, one `(segment, node)` array an axis: several times faster on a CPU."""
    return _from_segment(*_from_starts(points, segments))


def _from_starts(
    points: Float[Array, "node dim"], segments: Float[Array, "segment 2 dim"]
) -> tuple[list[Float[Array, "segment node"]], list[Float[Array, "segment 1"]]]:
    """Every point from the start of every segment, and the segments from their starts, by axis."""
    offset = [
        p[None] - s[:, None]
        for p, s in zip(_columns(points), _columns(segments[:, 0]), strict=True)
    ]
    return offset, [a[:, None] for a in _columns(segments[:, 1] - segments[:, 0])]


def closest_approach(
    points: Float[Array, "node dim"],
    part: Float[Array, "node dim"],
    segments: Float[Array, "segment 2 dim"],
) -> tuple[Float[Array, "segment node"], Float[Array, "segment node"]]:
    """When a point on its straight way is nearest to each segment, 0 to 1, and how near it is.

    Source: Ericson (2005), Real-time collision detection, section 5.1.9.
    """
    offset, axis = _from_starts(points, segments)
    way = [column[None] for column in _columns(part)]
    length, width = (jnp.maximum(_dot(x, x), 1e-24) for x in (way, axis))
    along, both = _dot(axis, offset), _dot(way, axis)
    # Across the segment alone, which is exact where both are all but parallel.
    beside, toward = (
        [x - (share / width) * a for x, a in zip(vector, axis, strict=True)]
        for vector, share in ((offset, along), (way, both))
    )
    when = -_dot(toward, beside) / jnp.maximum(_dot(toward, toward), 1e-24)
    where = jnp.clip((both * jnp.clip(when, 0.0, 1.0) + along) / width, 0.0, 1.0)
    when = jnp.clip((both * where - _dot(way, offset)) / length, 0.0, 1.0)
    where = jnp.clip((both * when + along) / width, 0.0, 1.0)
    apart = [o + when * w - where * a for o, w, a in zip(offset, way, axis, strict=True)]
    return when, jnp.sqrt(_dot(apart, apart))


def signed_distances(
    first: Float[Array, "first 2 2"], second: Float[Array, "second 2 2"]
) -> Float[Array, "first second"]:
    """Distance of every segment to every other one of a plane in metres, negative where they cross.

    The distance of two segments is that of an end of one to the other. Where they cross, minus
    that is the shortest way back for an end, so that the gradient undoes a crossing.
    """
    nearest = jnp.minimum(_of_ends(first, second), _of_ends(second, first).T)
    return jnp.where(_cross(first, second), -nearest, nearest)


def _of_ends(
    first: Float[Array, "first 2 2"], second: Float[Array, "second 2 2"]
) -> Float[Array, "first second"]:
    """Distance of the nearer end of each first segment to each second one."""
    _, distance = closest_by_axis(first.reshape(-1, 2), second)
    return distance.reshape(second.shape[0], -1, 2).min(axis=2).T


def _cross(
    first: Float[Array, "first 2 2"], second: Float[Array, "second 2 2"]
) -> Bool[Array, "first second"]:
    """Whether two segments cross: each has its ends on either side of the other's line."""
    return _divides(first, second) & _divides(second, first).T


def _divides(
    first: Float[Array, "first 2 2"], second: Float[Array, "second 2 2"]
) -> Bool[Array, "first second"]:
    start, axis = first[:, 0], first[:, 1] - first[:, 0]
    offset = second.reshape(1, -1, 2) - start[:, None]
    side = axis[:, None, 0] * offset[..., 1] - axis[:, None, 1] * offset[..., 0]
    side = side.reshape(first.shape[0], -1, 2)
    return side[..., 0] * side[..., 1] < 0


def _dot(first: list[Array], second: list[Array]) -> Array:
    return sum((a * b for a, b in zip(first, second, strict=True)), start=jnp.zeros_like(first[0]))


def _columns(rows: Float[Array, "row dim"]) -> list[Float[Array, " row"]]:
    return [rows[:, axis] for axis in range(rows.shape[1])]


def _from_segment(offset: list[Array], axis: list[Array]) -> tuple[list[Array], Array]:
    """Vector from the closest point of a segment, and its length; `offset` is from its start."""
    inverse = 1.0 / jnp.maximum(sum(a**2 for a in axis), 1e-12)
    along = sum(o * (a * inverse) for o, a in zip(offset, axis, strict=True))
    along = jnp.clip(along, 0.0, 1.0)
    delta = [o - along * a for o, a in zip(offset, axis, strict=True)]
    return delta, safe_sqrt(sum((d**2 for d in delta), start=jnp.zeros_like(delta[0])))
