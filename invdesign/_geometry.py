"""Distances to capsules, and the contact that keeps particles out of them."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp

from ._types import Array, Float


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
        highest = jax.lax.stop_gradient(exponent.max(axis=0))
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

        A part must be shorter than the smallest radius: longer ones are cut to that length, so
        that nothing can pass through however fast it is.
        """
        limit = 0.9 * jnp.min(self.radius)
        part = displacement / num_sweeps
        length = safe_norm(part)[:, None]
        part = part * jnp.minimum(1.0, limit / jnp.maximum(length, 1e-12))
        for _ in range(num_sweeps):
            points = self._push_out(points + part)
        return points

    def leave_nooks(self, points: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        """Points pushed on where the way out of a capsule led into another.

        To and fro between two that all but face each other a push shrinks what is left by little;
        a move to where both surfaces meet ends it. That move passes gradients on unchanged.
        """
        points = self._push_out(points)
        away = _out_of_two(*jax.lax.stop_gradient((points, self.segments, self.radius)))
        return self._push_out(points + away)

    def _push_out(self, points: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        _, distance = _closest_by_axis(*jax.lax.stop_gradient((points, self.segments)))
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
    offset = [
        p[None] - s[:, None]
        for p, s in zip(_columns(points), _columns(segments[:, 0]), strict=True)
    ]
    axis = [a[:, None] for a in _columns(segments[:, 1] - segments[:, 0])]
    return _from_segment(offset, axis)


def _columns(rows: Float[Array, "row dim"]) -> list[Float[Array, " row"]]:
    return [rows[:, axis] for axis in range(rows.shape[1])]


def _from_segment(offset: list[Array], axis: list[Array]) -> tuple[list[Array], Array]:
    """Vector from the closest point of a segment, and its length; `offset` is from its start."""
    inverse = 1.0 / jnp.maximum(sum(a**2 for a in axis), 1e-12)
    along = sum(o * (a * inverse) for o, a in zip(offset, axis, strict=True))
    along = jnp.clip(along, 0.0, 1.0)
    delta = [o - along * a for o, a in zip(offset, axis, strict=True)]
    return delta, safe_sqrt(sum((d**2 for d in delta), start=jnp.zeros_like(delta[0])))
