"""Distances to capsules, and the contact that keeps particles out of them."""

from functools import partial

import equinox as eqx
import equinox.internal as eqxi
import jax
import jax.numpy as jnp
from jax import lax

from ._types import Array, Bool, Float, Int

# Of a capsule's radius: how far into it a point may get from outside and be pushed out as it came.
_SAFE = 0.9
_TURNS = 2  # capsules that may deflect one part of a way, as in a corner


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
    delta, distance = _closest_by_axis(points, segments)
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


class CapsuleContact(eqx.Module):
    r"""One smooth body out of many capsules, for contact and for the volume it takes up.

    The signed distance is the smooth union
    $\phi(x) = -\epsilon \log \sum_s \exp(-(d_s(x) - r_s)/\epsilon)$
    of the capsules' distances, and the share of contact at $x$ is
    $w(x) = \sigma((m - \phi(x)) / \epsilon)$: one inside, zero outside, half at the margin $m$.
    Where it acts, the approaching part of a velocity is removed (free slip); a projection of the
    position then keeps every particle out of the capsules' inner part whatever its speed.

    **Arguments:**

    - `segments`, `radius`: the capsules, `(segment, 2, dim)` and `(segment,)`, in metres.
    - `softness`: $\epsilon$ in metres; a tenth of a grid cell is a good value.
    - `margin`: $m$ in metres, how far off the surface contact is half felt.
    """

    segments: Float[Array, "segment 2 dim"]
    radius: Float[Array, " segment"]
    softness: float
    margin: float

    def signed_distance(
        self, points: Float[Array, "node dim"]
    ) -> tuple[Float[Array, " node"], Float[Array, "node dim"]]:
        """Smooth signed distance in metres and its unit normal at each point."""
        delta, distance = _closest_by_axis(points, self.segments)
        exponent = -(distance - self.radius[:, None]) / self.softness
        highest = lax.stop_gradient(exponent.max(axis=0))
        raw = jnp.exp(exponent - highest[None])
        total = raw.sum(axis=0)
        phi = -self.softness * (highest + jnp.log(total))
        # The weights' common factor cancels in the unit normal.
        pull = raw / jnp.maximum(distance, 1e-9)
        normal = jnp.stack([(pull * d).sum(axis=0) for d in delta], axis=1) / total[:, None]
        return phi, normal / jnp.maximum(safe_norm(normal), 1e-3)[:, None]

    def share(self, phi: Float[Array, " node"]) -> Float[Array, " node"]:
        """How much of contact is felt at signed distance `phi`: 1 inside, 0 outside."""
        return jax.nn.sigmoid((self.margin - phi) / self.softness)

    def resist(
        self, points: Float[Array, "node dim"], velocity: Float[Array, "node dim"]
    ) -> Float[Array, "node dim"]:
        """Velocities without the part that approaches the body."""
        phi, normal = self.signed_distance(points)
        approach = jnp.minimum(jnp.sum(velocity * normal, axis=-1), 0.0)
        return velocity - (self.share(phi) * approach)[:, None] * normal

    def move(
        self,
        points: Float[Array, "node dim"],
        displacement: Float[Array, "node dim"],
        *,
        num_sweeps: int,
    ) -> Float[Array, "node dim"]:
        """Points after a displacement that is swept in parts, none of which enters a capsule.

        Where every part is shorter than the smallest radius, pushing out what a part led in is
        enough. As soon as one is longer (a thin wall, a fast point) it could lead across a
        capsule's middle and out on its other side: then each part is first held back by what it
        would cross, in no other direction and nowhere else. However thin a wall is, only what
        runs into it feels it. In space this keeps points from crossing a capsule's middle; one
        that is thinner than a part is long may be cut at its rim.
        """
        part = displacement / num_sweeps
        longest = jnp.max(safe_norm(lax.stop_gradient(part)), initial=0.0)
        # One answer for a whole batch, so that a batch does not compute both.
        is_long = eqxi.unvmap_any(longest > _SAFE * jnp.min(self.radius))

        def near(points, part):
            for _ in range(num_sweeps):
                points = self._push_out(points + part)
            return points

        def far(points, part):
            def sweep(points, _):
                return self._push_out(points + self._held_back(points, part)), None

            return lax.scan(sweep, points, None, length=num_sweeps)[0]

        return lax.cond(is_long, far, near, points, part)

    def _held_back(self, points: Array, part: Array) -> Float[Array, "node dim"]:
        """The part of a way that does not lead across the middle of a capsule."""

        def turn(part, keep):
            first, crosses = self._first_crossed(points, part)
            stopped = _hold_back(points, part, self.segments[first], self.radius[first])
            return jnp.where(crosses[:, None], keep * stopped, part), None

        # What still leads across anything after a few turns is in a corner, and waits.
        keep = jnp.asarray([1.0] * _TURNS + [0.0], part.dtype)
        return lax.scan(turn, part, keep)[0]

    def _first_crossed(
        self, points: Array, part: Array
    ) -> tuple[Int[Array, " node"], Bool[Array, " node"]]:
        """The capsule whose middle each way crosses first, and whether it crosses any."""
        when, distance = _closest_approach(*lax.stop_gradient((points, part, self.segments)))
        # Half of what is held back: no rounding takes a held way for one that crosses.
        middle = 0.5 * (1.0 - _SAFE) * self.radius[:, None]
        when = jnp.where(distance < middle, when, jnp.inf)
        first = jnp.argmin(when, axis=0)
        return first, jnp.isfinite(jnp.min(when, axis=0))

    def leave_nooks(self, points: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        """Points pushed on where the way out of a capsule led into another.

        To and fro between two that all but face each other a push shrinks what is left by little;
        a move to where both surfaces meet ends it. That move passes gradients on unchanged.
        """
        points = self._push_out(points)
        away = _out_of_two(*lax.stop_gradient((points, self.segments, self.radius)))
        return self._push_out(points + away)

    def _push_out(self, points: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        _, distance = _closest_by_axis(*lax.stop_gradient((points, self.segments)))
        nearest = jnp.argmin(distance - self.radius[:, None], axis=0)
        # Only the nearest capsule acts: differentiate by one for each point, not by all.
        return _push_out_of(points, self.segments[nearest], self.radius[nearest])


@partial(jax.checkpoint, prevent_cse=False)  # a few operations a point: cheaper again than stored
def _push_out_of(
    points: Float[Array, "node dim"],
    segment: Float[Array, "node 2 dim"],
    radius: Float[Array, " node"],
) -> Float[Array, "node dim"]:
    """Each point moved out of a capsule of its own."""
    delta, distance = from_own_segment(points, segment)
    push = jnp.maximum(radius - distance, 0.0) / jnp.maximum(distance, 1e-9)
    return points + push[:, None] * delta


@partial(jax.checkpoint, prevent_cse=False)
def _hold_back(
    points: Float[Array, "node dim"],
    part: Float[Array, "node dim"],
    segment: Float[Array, "node 2 dim"],
    radius: Float[Array, " node"],
) -> Float[Array, "node dim"]:
    """Each way without what leads it nearer to the middle of a capsule than a tenth of its radius.

    Everything beyond the plane through the closest point, across the way to it, is forbidden; the
    whole capsule's middle lies there.
    """
    delta, distance = from_own_segment(points, segment)
    normal = delta / jnp.maximum(distance, 1e-9)[:, None]
    room = distance - (1.0 - _SAFE) * radius
    excess = jnp.maximum(-jnp.sum(part * normal, axis=-1) - room, 0.0)
    return part + excess[:, None] * normal


def _out_of_two(
    points: Float[Array, "node dim"],
    segments: Float[Array, "segment 2 dim"],
    radius: Float[Array, " segment"],
) -> Float[Array, "node dim"]:
    """The shortest move to the surfaces of the two capsules nearest to a point within either.

    Zero where the nearest two are left behind by a single push, and at most a few radii: where the
    surfaces are all but parallel there is no place to go to.
    """
    if segments.shape[0] < 2:
        return jnp.zeros_like(points)
    _, distance = _closest_by_axis(points, segments)
    gaps = distance - radius[:, None]
    first = jnp.argmin(gaps, axis=0)
    others = jnp.arange(segments.shape[0])[:, None] != first[None]
    second = jnp.argmin(jnp.where(others, gaps, jnp.inf), axis=0)
    (near, gap), (far, other) = (
        _normal_and_gap(points, segments[index], radius[index]) for index in (first, second)
    )
    # near . x = -gap and far . x = -other, for x in the plane of the two normals.
    cosine = jnp.sum(near * far, axis=-1)
    sine = jnp.maximum(1.0 - cosine**2, 0.03)
    along_near = (-gap + cosine * other) / sine
    along_far = (-other + cosine * gap) / sine
    move = along_near[:, None] * near + along_far[:, None] * far
    caught = (gap < -1e-6) & (other < 1e-4) & (along_near > 0) & (along_far > 0)
    return jnp.where(caught[:, None], move, 0.0)


def _normal_and_gap(
    points: Float[Array, "node dim"], segment: Float[Array, "node 2 dim"], radius: Array
) -> tuple[Float[Array, "node dim"], Float[Array, " node"]]:
    delta, distance = from_own_segment(points, segment)
    return delta / jnp.maximum(distance, 1e-9)[:, None], distance - radius


def _closest_by_axis(
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


def _closest_approach(
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
