"""Lift, drag and moment as functions of the flow at the surface."""

import equinox as eqx
import jax.numpy as jnp

from .._types import Scalar
from ..grids._measures import wall_normals
from ._section_flow import SectionFlow

_QUARTER_CHORD = (0.25, 0.0)


class SectionCoefficients(eqx.Module):
    """Force and moment over dynamic pressure and chord; the moment about the quarter chord."""

    lift: Scalar
    drag: Scalar
    moment: Scalar


def foil_coefficients(flow: SectionFlow) -> SectionCoefficients:
    r"""Pressure and shear of the surface's edges, summed.

    $$F = \sum_i -p_i n_i + \tau_i |n_i|, \qquad C = 2 F / U^2$$

    with the normals $n_i$ of the edges into the fluid, as long as these. Pressures are those of the
    cells at the wall, as in OpenFOAM, where pressure has no gradient there. A moment that raises
    the nose is positive. Traceable.
    """
    normals = wall_normals(flow.nodes)
    lengths = jnp.linalg.norm(normals, axis=1, keepdims=True)
    forces = flow.shear * lengths - flow.pressure[0][:, None] * normals
    middle = 0.5 * (flow.nodes[0] + jnp.roll(flow.nodes[0], -1, axis=0))
    arm = middle - jnp.asarray(_QUARTER_CHORD, middle.dtype)[None]
    turning = jnp.sum(arm[:, 1] * forces[:, 0] - arm[:, 0] * forces[:, 1])
    force, squared = forces.sum(axis=0), jnp.sum(flow.stream**2)
    along = flow.stream / jnp.sqrt(squared)
    across = jnp.stack([-along[1], along[0]])
    return SectionCoefficients(
        lift=2 * jnp.sum(force * across) / squared,
        drag=2 * jnp.sum(force * along) / squared,
        moment=2 * turning / squared,
    )
