"""One smooth body out of many obstacles, and what keeps particles out of it."""

from functools import partial

import equinox as eqx
import equinox.internal as eqxi
import jax
import jax.numpy as jnp
from jax import lax

from ._geometry import safe_norm
from ._types import Array, Bool, Float, Int
from .scenes import AbstractObstacles

# Of a body's thickness: how far into it a point may get from outside and be pushed out as it came.
_SAFE = 0.9
_TURNS = 2  # bodies that may deflect one part of a way, as in a corner


class Contact(eqx.Module):
    r"""One smooth body out of many obstacles, for contact and for the volume it takes up.

    The signed distance is the smooth union
    $\phi(x) = -\epsilon \log \sum_s \exp(-(d_s(x) - r_s)/\epsilon)$
    of the obstacles' distances, and the share of contact at $x$ is
    $w(x) = \sigma((m - \phi(x)) / \epsilon)$: one inside, zero outside, half at the margin $m$.
    Where it acts, the approaching part of a velocity is removed (free slip); a projection of the
    position then keeps every particle out of the obstacles' inner part whatever its speed.

    **Arguments:**

    - `obstacles`: $d$ is the distance to a core, $r$ the thickness around it, in metres.
    - `softness`: $\epsilon$ in metres; a tenth of a grid cell is a good value.
    - `margin`: $m$ in metres, how far off the surface contact is half felt.
    """

    obstacles: AbstractObstacles
    softness: float
    margin: float

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to touch."""
        return self.obstacles.thickness.shape[0] == 0

    def signed_distance(
        self, points: Float[Array, "node dim"]
    ) -> tuple[Float[Array, " node"], Float[Array, "node dim"]]:
        """Smooth signed distance in metres and its unit normal at each point."""
        delta, distance = self.obstacles.by_axis(points)
        exponent = -(distance - self.obstacles.thickness[:, None]) / self.softness
        highest = lax.stop_gradient(exponent.max(axis=0))
        raw = jnp.exp(exponent - highest[None])
        total = raw.sum(axis=0)
        phi = -self.softness * (highest + jnp.log(total))
        # The weights' common factor cancels in the unit normal.
        pull = raw / jnp.maximum(distance, 1e-9)
        normal = jnp.stack([(pull * d).sum(axis=0) for d in delta], axis=1) / total[:, None]
        return phi, normal / jnp.maximum(safe_norm(normal), 1e-3)[:, None]

    def rough_distance(self, axes: list[Float[Array, " _"]]) -> Float[Array, "x y z"]:
        """About the smooth signed distance in metres at all points of a lattice in space.

        **Arguments:** `axes`: the lattice's places along each axis in metres.
        """
        thickness = self.obstacles.thickness[:, None, None, None]
        exponent = -(self.obstacles.rough(axes) - thickness) / self.softness
        highest = lax.stop_gradient(exponent.max(axis=0))
        total = jnp.exp(exponent - highest[None]).sum(axis=0)
        return -self.softness * (highest + jnp.log(total))

    def share(self, phi: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
        """How much of contact is felt at signed distance `phi`: 1 inside, 0 outside."""
        return jax.nn.sigmoid((self.margin - phi) / self.softness)

    def resist(
        self, points: Float[Array, "node dim"], velocity: Float[Array, "node dim"]
    ) -> Float[Array, "node dim"]:
        """Velocities without the part that approaches the body, as its surface moves."""
        phi, normal = self.signed_distance(points)
        relative = velocity
        if self.obstacles.is_moving:
            relative = velocity - self.nearest(points).velocity(points)
        approach = jnp.minimum(jnp.sum(relative * normal, axis=-1), 0.0)
        return velocity - (self.share(phi) * approach)[:, None] * normal

    def move(
        self,
        points: Float[Array, "node dim"],
        displacement: Float[Array, "node dim"],
        *,
        num_sweeps: int,
    ) -> Float[Array, "node dim"]:
        """Points after a displacement that is swept in parts, none of which enters an obstacle.

        Where every part is shorter than the smallest thickness, pushing out what a part led in is
        enough. As soon as one is longer (a thin wall, a fast point) it could lead across a
        body's core and out on its other side: then each part is first held back by what it
        would cross, in no other direction and nowhere else. However thin a wall is, only what
        runs into it feels it. In space this keeps points from crossing a capsule's middle; one
        that is thinner than a part is long may be cut at its rim. Of folded bodies every part is
        looked at so, however short, and a push that would lead across is not made; where nothing
        crosses, which is nearly always, the costlier way is not gone.
        """
        part = displacement / num_sweeps
        longest = jnp.max(safe_norm(lax.stop_gradient(part)), initial=0.0)
        # One answer for a whole batch, so that a batch does not compute both.
        is_long = eqxi.unvmap_any(longest > _SAFE * jnp.min(self.obstacles.thickness))

        def near(points, part):
            for _ in range(num_sweeps):
                points = self._push_out(points + part)
            return points

        def far(points, part):
            def sweep(points, _):
                points = points + self._held_back(points, part)
                pushed = self._push_out(points)
                if self.obstacles.is_folded:
                    _, crosses = self._first_crossed(points, pushed - points)
                    pushed = jnp.where(crosses[:, None], points, pushed)
                return pushed, None

            return lax.scan(sweep, points, None, length=num_sweeps)[0]

        if not self.obstacles.is_folded:
            return lax.cond(is_long, far, near, points, part)
        moved, may_cross = self._looked_at(points, part, num_sweeps)
        return lax.cond(eqxi.unvmap_any(may_cross), far, lambda *_: moved, points, part)

    def _looked_at(
        self, points: Array, part: Array, num_sweeps: int
    ) -> tuple[Float[Array, "node dim"], Bool[Array, ""]]:
        """Points after parts that lead wherever, and whether one, or a push, may have led across.

        Nothing does as long as every part ends farther from all cores than it is long, and than
        the push out is, which is what is left of the thickness.
        """
        obstacles, length = lax.stop_gradient((self.obstacles, safe_norm(part)[None]))
        near = []
        for _ in range(num_sweeps):
            points = points + part
            own = self.nearest(points)
            still, place = lax.stop_gradient((own, points))
            several = obstacles.thickness.shape[0] > 1
            distance = obstacles.by_axis(place)[1] if several else still.closest(place)[1][None]
            near.append(distance <= jnp.maximum(length, 0.5 * obstacles.thickness[:, None]))
            points = _push_out_of(points, own)
        return points, jnp.stack(near).any()

    def _held_back(self, points: Array, part: Array) -> Float[Array, "node dim"]:
        """The part of a way that does not lead across the core of an obstacle."""

        def turn(part, keep):
            first, crosses = self._first_crossed(points, part)
            stopped = _hold_back(points, part, self.obstacles.take(first))
            return jnp.where(crosses[:, None], keep * stopped, part), None

        # What still leads across anything after a few turns is in a corner, and waits.
        keep = jnp.asarray([1.0] * _TURNS + [0.0], part.dtype)
        return lax.scan(turn, part, keep)[0]

    def _first_crossed(
        self, points: Array, part: Array
    ) -> tuple[Int[Array, " node"], Bool[Array, " node"]]:
        """The body whose core each way crosses first, and whether it crosses any."""
        obstacles, points, part = lax.stop_gradient((self.obstacles, points, part))
        found = obstacles.approach(points, part)
        if found is None:
            none = jnp.zeros(points.shape[:1], jnp.int32)
            return none, none > 0
        when, distance = found
        # Half of what is held back: no rounding takes a held way for one that crosses.
        middle = 0.5 * (1.0 - _SAFE) * obstacles.thickness[:, None]
        when = jnp.where(distance < middle, when, jnp.inf)
        first = jnp.argmin(when, axis=0)
        return first, jnp.isfinite(jnp.min(when, axis=0))

    def crosses(
        self, points: Float[Array, "node dim"], way: Float[Array, "node dim"]
    ) -> Bool[Array, " node"]:
        """Whether a straight way leads across the core of a body, of those that tell."""
        return self._first_crossed(points, way)[1]

    def leave_nooks(self, points: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        """Points pushed on where the way out of a body led into another.

        To and fro between two that all but face each other a push shrinks what is left by little;
        a move to where both surfaces meet ends it. That move passes gradients on unchanged.
        """
        points = self._push_out(points)
        away = _out_of_two(*lax.stop_gradient((points, self.obstacles)))
        return self._push_out(points + away)

    def _push_out(self, points: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        # Only the nearest body acts: differentiate by one for each point, not by all.
        return _push_out_of(points, self.nearest(points))

    def nearest(self, points: Float[Array, "node dim"]) -> AbstractObstacles:
        """The body that is nearest to each point, as it faces it."""
        obstacles, points = lax.stop_gradient((self.obstacles, points))
        if obstacles.thickness.shape[0] == 1:
            return self.obstacles.take(jnp.zeros(points.shape[:1], jnp.int32)).facing(points)
        _, distance = obstacles.by_axis(points)
        nearest = jnp.argmin(distance - obstacles.thickness[:, None], axis=0)
        return self.obstacles.take(nearest).facing(points)


@partial(jax.checkpoint, prevent_cse=False)  # a few operations a point: cheaper again than stored
def _push_out_of(
    points: Float[Array, "node dim"], own: AbstractObstacles
) -> Float[Array, "node dim"]:
    """Each point moved out of a body of its own."""
    delta, distance = own.closest(points)
    push = jnp.maximum(own.thickness - distance, 0.0) / jnp.maximum(distance, 1e-9)
    return points + push[:, None] * delta


@partial(jax.checkpoint, prevent_cse=False)
def _hold_back(
    points: Float[Array, "node dim"], part: Float[Array, "node dim"], own: AbstractObstacles
) -> Float[Array, "node dim"]:
    """Each way without what leads it nearer to the core of a body than a tenth of its thickness.

    Everything beyond the plane through the closest point, across the way to it, is forbidden; the
    whole capsule's middle lies there.
    """
    delta, distance = own.closest(points)
    normal = delta / jnp.maximum(distance, 1e-9)[:, None]
    room = distance - (1.0 - _SAFE) * own.thickness
    excess = jnp.maximum(-jnp.sum(part * normal, axis=-1) - room, 0.0)
    return part + excess[:, None] * normal


def _out_of_two(
    points: Float[Array, "node dim"], obstacles: AbstractObstacles
) -> Float[Array, "node dim"]:
    """The shortest move to the surfaces of the two bodies nearest to a point within either.

    Zero where the nearest two are left behind by a single push, and at most a few radii: where the
    surfaces are all but parallel there is no place to go to.
    """
    number = obstacles.thickness.shape[0]
    if number < 2:
        return jnp.zeros_like(points)
    _, distance = obstacles.by_axis(points)
    gaps = distance - obstacles.thickness[:, None]
    first = jnp.argmin(gaps, axis=0)
    others = jnp.arange(number)[:, None] != first[None]
    second = jnp.argmin(jnp.where(others, gaps, jnp.inf), axis=0)
    (near, gap), (far, other) = (
        _normal_and_gap(points, obstacles.take(index)) for index in (first, second)
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
    points: Float[Array, "node dim"], own: AbstractObstacles
) -> tuple[Float[Array, "node dim"], Float[Array, " node"]]:
    delta, distance = own.closest(points)
    return delta / jnp.maximum(distance, 1e-9)[:, None], distance - own.thickness
