"""A turbulent boundary layer along a wall, as engineers estimate it by hand."""

import jax.numpy as jnp

from ..._types import Array, Float, Scalar

_GROWTH, _POWER = 0.0106, 4.0  # of the momentum integral
_FRICTION = 0.0256  # times the momentum Reynolds number to the power of -1/4
_SLOWEST = 0.02  # of the stream: nearer to stagnation the estimate stays as it is there


def boundary_layer(
    along: Float[Array, " panel"], lengths: Float[Array, " panel"], viscosity: Scalar
) -> tuple[Float[Array, " panel"], Float[Array, " panel"]]:
    r"""Momentum thickness and wall stress from the speed at the edge of the layer.

    $$\theta\, Re_\theta^{1/4} = \frac{0.0106}{u^4} \int u^4\, ds, \qquad
      \tau = 0.0128\, Re_\theta^{-1/4} u^2$$

    from the stagnation point both ways. Knows nothing of separation.

    Source: Buri's method with Prandtl's power law; Schlichting (1979), Boundary-Layer Theory,
    chapter XXII.

    **Arguments:**

    - `along`: speed along each panel, positive counterclockwise, in units of the stream's; the
      panels run counterclockwise from the upper trailing edge.
    - `lengths`: of the panels in chords.
    - `viscosity`: one over the Reynolds number.

    **Returns:** thickness in chords, and stress along the panels in twice the dynamic pressure.
    """
    speed = jnp.maximum(jnp.abs(along), _SLOWEST)
    over = jnp.maximum(-along, 0.0) ** _POWER * lengths
    under = jnp.maximum(along, 0.0) ** _POWER * lengths
    # Half of a panel's own share: at its middle.
    upper = jnp.cumsum(over[::-1])[::-1] - 0.5 * over
    lower = jnp.cumsum(under) - 0.5 * under
    path = jnp.where(along < 0, upper, lower) + _SLOWEST**_POWER * lengths
    grown = _GROWTH * path / speed**_POWER
    thickness = grown**0.8 * (viscosity / speed) ** 0.2
    reynolds = speed * thickness / viscosity
    stress = 0.5 * _FRICTION * reynolds**-0.25 * along * jnp.abs(along)
    return thickness, stress
