"""Moves of least length after which all that is asked of positions is fulfilled, or nearly."""

import jax.numpy as jnp

from ..._types import Array, Float, Scalar
from ._touch import Touch

_FLAT = 1e-12  # of a squared slope, from which on a row can be fulfilled


def projected(
    touch: Touch, position: Float[Array, "node dim"], give: float | Scalar, num_sweeps: int
) -> Float[Array, "node dim"]:
    r"""Positions $x$ near $z$ where $\tfrac12 |x - z|^2 + \tfrac1{2 \epsilon} |g(x)|^2$ is least.

    $g$ is what is asked: numbers that should be 0, and those below 0 of numbers that should be at
    least 0. With $\epsilon$ next to 0 it is the projection, otherwise the proximal step of a price.
    Each sweep linearizes $g$ where the one before has come to, and solves for the multipliers of
    all rows at once that are to be fulfilled, or that press.

    Source: Hintermüller, Ito and Kunisch (2002), The primal-dual active set strategy as a
    semismooth Newton method, section 2.

    **Arguments:** `position`: $z$ in metres; `give`: $\epsilon$, above 0; `num_sweeps`: of Newton's
    method: one is right for flat obstacles, three for bodies much larger than the move.
    """
    number, kept = position.size, touch.is_equality(position)
    found, multiplier = position, jnp.zeros(kept.shape, position.dtype)
    for _ in range(num_sweeps):
        gap = touch.gaps(found)
        slope = touch.slopes(found).reshape(-1, number)
        presses = kept | (multiplier > gap)
        presses = presses & (jnp.sum(slope**2, axis=1) > _FLAT)
        slope = jnp.where(presses[:, None], slope, 0.0)
        own = jnp.where(presses, give, 1.0)
        missed = gap + slope @ (position - found).reshape(-1)
        matrix = slope @ slope.T + jnp.diag(own)
        multiplier = -jnp.linalg.solve(matrix, jnp.where(presses, missed, 0.0))
        found = position + (multiplier @ slope).reshape(position.shape)
    return found
