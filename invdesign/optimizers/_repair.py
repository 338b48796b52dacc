"""Moves latents to where geometric constraints hold; nothing is simulated."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from .._checks import checked_count
from .._types import Array, Float, Latent, Latents, Scalar

_DAMPING = (1e-2, 1e-5, 1e3)  # at first, least and most, over the largest curvature
_EASED, _RAISED = 0.2, 5.0  # after a step that helped, and after one that did not
_LONGEST = 0.5  # step, in latent units an entry: curves are no longer straight beyond


class Repair(eqx.Module):
    r"""The nearest design that meets constraints, or what a few steps towards it reach.

    Levenberg-Marquardt steps on the violations $r$, which are zero where a constraint holds:

    $$z \leftarrow z - (J^T J + \mu I)^{-1} J^T r(z)$$

    A small $\mu$ makes them the shortest steps to where $r$ vanishes to first order; it grows
    where a step does not help, and such a step is not taken. A latent that violates nothing stays
    as it is. Always the same number of steps, compiled once for a whole population.

    Source: Nocedal and Wright (2006), section 10.3.

    **Arguments:**

    - `missed`: from a latent to its violations over their tolerances, `(entry,)`, so that up to 1
      counts as met; `problem.missed` for the constraints of a problem that need no simulation.
    - `num_steps`: at least 1.

    **Raises:** `ValueError` if `num_steps` is below 1.
    """

    missed: Callable[[Latent], Float[Array, " entry"]]
    num_steps: int = eqx.field(static=True, default=30)

    def __check_init__(self):
        checked_count(self.num_steps, "num_steps", "Repair")

    @eqx.filter_jit
    def __call__(self, latents: Latents) -> Latents:
        """The repaired latents, each by itself."""
        return jax.vmap(self._repaired)(latents)

    def _repaired(self, latent: Latent) -> Latent:
        first, least, most = _DAMPING

        def step(_: Array, carry: tuple[Latent, Scalar]) -> tuple[Latent, Scalar]:
            here, damping = carry
            residual, jacobian = self.missed(here), jax.jacfwd(self.missed)(here)
            there = here - _step(residual, jacobian, damping)
            missed = self.missed(there)
            helps = jnp.sum(missed**2) < jnp.sum(residual**2)
            changed = damping * jnp.where(helps, _EASED, _RAISED)
            return jnp.where(helps, there, here), jnp.clip(changed, least, most)

        start = latent, jnp.full((), first, latent.dtype)
        return lax.fori_loop(0, self.num_steps, step, start)[0]


def _step(
    residual: Float[Array, " entry"], jacobian: Float[Array, "entry latent"], damping: Scalar
) -> Latent:
    curvature = jacobian.T @ jacobian
    # Over the largest entry, so that single precision suffices in any units.
    scale = jnp.maximum(jnp.max(jnp.diagonal(curvature)), 1e-20)
    matrix = curvature / scale + damping * jnp.eye(curvature.shape[0], dtype=curvature.dtype)
    step = jnp.linalg.solve(matrix, (jacobian.T @ residual) / scale)
    step = jnp.where(jnp.isfinite(step), step, 0.0)
    return step * jnp.minimum(1.0, _LONGEST / jnp.maximum(jnp.max(jnp.abs(step)), 1e-20))
