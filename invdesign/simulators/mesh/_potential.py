"""Flow without viscosity around a section: what a learned correction begins with."""

import jax.numpy as jnp

from ..._types import Array, Float, Scalar

Panels = Float[Array, "panel 2"]


def potential_flow(
    points: Float[Array, "node 2"], start: Panels, end: Panels, angle: Scalar
) -> tuple[Float[Array, "node 2"], Scalar, Float[Array, "node 2"]]:
    r"""Velocities of the potential flow around a section in a stream of speed 1.

    Panels from the upper trailing edge over the nose to the lower one carry a source each and one
    vorticity in common, so that nothing flows through their middles and the flow leaves both
    sides of the trailing edge at the same speed (Kutta's condition). The blunt base is open.

    Source: Hess and Smith (1967), Calculation of potential flow about arbitrary bodies; the
    form with one vorticity as in Moran (1984), section 4.7.

    **Arguments:**

    - `points`: where, outside of the section, in chords.
    - `start`, `end`: of the panels, counterclockwise around the section.
    - `angle`: of attack in radians.

    **Returns:** velocities; the circulation, counterclockwise; and what a circulation of 1 more
    would add to the velocities, with the flow still along the surface but not as Kutta wants it.
    """
    stream = jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    strengths = _strengths(start, end, stream)
    source, vortex = _influence(points, start, end)
    swirl = vortex.sum(axis=1)
    induced, more = (
        jnp.einsum("njd,j->nd", source, column[:-1]) + column[-1] * swirl for column in strengths.T
    )
    perimeter = jnp.linalg.norm(end - start, axis=1).sum()
    circulation, added = perimeter * strengths[-1]
    return stream[None] + induced, circulation, more / added


def _strengths(start: Panels, end: Panels, stream: Float[Array, "2"]) -> Float[Array, "strength 2"]:
    """Of the sources, then the vorticity: in the stream, and of a flow that only circulates."""
    num = start.shape[0]
    middle = 0.5 * (start + end)
    tangent = (end - start) / jnp.linalg.norm(end - start, axis=1, keepdims=True)
    normal = jnp.stack([tangent[:, 1], -tangent[:, 0]], axis=1)  # into the fluid
    source, vortex = _influence(middle, start, end)
    # A panel's own middle lies on the side of the fluid.
    own = jnp.eye(num, dtype=bool)[:, :, None]
    source = jnp.where(own, 0.5 * normal[:, None], source)
    vortex = jnp.where(own, 0.5 * tangent[:, None], vortex)
    both = jnp.concatenate([source, vortex.sum(axis=1, keepdims=True)], axis=1)
    through = jnp.einsum("pjd,pd->pj", both, normal)
    # Equal speeds along the first and the last panel, whose tangents point against each other.
    along = both[0] @ tangent[0] + both[-1] @ tangent[-1]
    matrix = jnp.concatenate([through, along[None]])
    leaving = jnp.sum((tangent[0] + tangent[-1]) * stream)
    wanted = jnp.stack([-jnp.append(normal @ stream, leaving), jnp.zeros(num + 1).at[-1].set(1.0)])
    return jnp.linalg.solve(matrix, wanted.T)


def _influence(
    points: Float[Array, "node 2"], start: Panels, end: Panels
) -> tuple[Float[Array, "node panel 2"], Float[Array, "node panel 2"]]:
    """Velocities at points by each panel's source and by its vorticity of strength 1."""
    edge = end - start
    length = jnp.linalg.norm(edge, axis=1)
    tangent = edge / length[:, None]
    normal = jnp.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    offset = points[:, None] - start[None]
    x = jnp.sum(offset * tangent[None], axis=-1)
    y = jnp.sum(offset * normal[None], axis=-1)
    behind = x - length[None]
    far = (behind**2 + y**2) / (x**2 + y**2)
    along = -jnp.log(far) / (4 * jnp.pi)
    # The angle the panel is seen under.
    across = jnp.arctan2(y * length[None], x * behind + y**2) / (2 * jnp.pi)
    source = along[..., None] * tangent[None] + across[..., None] * normal[None]
    vortex = across[..., None] * tangent[None] - along[..., None] * normal[None]
    return source, vortex
