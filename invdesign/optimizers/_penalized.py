"""Constraints as an exact penalty on the value."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._checks import checked_number
from .._evaluation import Evaluation
from .._types import Array, Bool, Float, Latent, Latents, PRNGKeyArray, Scalar, as_float
from ._base import AbstractConstrained, AbstractOptimizer
from ._constrained import Told, as_bools, told, unconstrained


class Penalized(AbstractConstrained):
    r"""Runs any optimizer on the value plus the weighted sum of all violations.

    $$f(z) + \sum_{i \in E} w_i |c_i(z)| + \sum_{i \in I} w_i \max(-c_i(z), 0)$$

    Exact: where every weight is above the size of its constraint's multiplier, the constrained
    minimum is a minimum of this sum. Too small a weight ends outside of the feasible set, too
    large a one makes the search creep along its edge. Made for sampling methods, `CMAES` above
    all: the diagonal Gaussian of `CEM` narrows across the kink and needs a `min_std` of some
    0.05. Gradient methods stall at the kink: take `AugmentedLagrangian` or `SLSQP` for them.

    Source: Nocedal and Wright (2006), equation 17.22 and theorem 17.3.

    **Arguments:**

    - `optimizer`: any optimizer, of any population; it sees no constraints.
    - `equality`: as for every constrained optimizer.
    - `weight`: in units of the value a unit of the constraint, above 0; one for all entries or
      one for each.

    **Raises:** `ValueError` if a weight is not above 0 or the weights are not as many as the
    entries; on `tell` if there are not as many constraints.
    """

    optimizer: AbstractOptimizer
    equality: tuple[bool, ...] = eqx.field(static=True, converter=as_bools)
    weight: Scalar | Float[Array, " constraint"] = eqx.field(converter=as_float, default=10.0)

    def __check_init__(self):
        if self.weight.shape not in ((), (len(self.equality),)):
            raise ValueError(
                f"`Penalized` needs one weight, or one for each of the {len(self.equality)} "
                f"entries of `equality`, got shape {self.weight.shape}."
            )
        for weight in np.ravel(self.weight):
            checked_number(weight, "weight", "Penalized", above=0)

    @property
    def order(self) -> int:
        return self.optimizer.order

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> Any:
        return self.optimizer.init(latent, key=key)

    def ask(self, state: Any, *, key: PRNGKeyArray) -> Latents:
        return self.optimizer.ask(state, key=key)

    def tell(self, state: Any, candidates: Latents, evaluation: Evaluation) -> Any:
        here = told("Penalized", self.equality, evaluation)
        value, grad = _penalize(self.equality, self.weight, here)
        return self.optimizer.tell(state, candidates, unconstrained(evaluation, value, grad))

    def done(self, state: Any) -> Bool[Array, ""] | bool:
        return self.optimizer.done(state)


@eqx.filter_jit
def _penalize(
    equality: tuple[bool, ...], weight: Float[Array, "..."], here: Told
) -> tuple[Float[Array, " pop"], Float[Array, "pop latent"] | None]:
    constraints = here.constraints
    equal = jnp.asarray(equality, bool)[None]
    slope = jnp.where(equal, jnp.sign(constraints), jnp.where(constraints < 0, -1.0, 0.0))
    slope = slope * jnp.broadcast_to(weight.astype(constraints.dtype), constraints.shape)
    value = here.value + (slope * constraints).sum(1)
    if here.grad is None or here.jacobian is None:
        return value, None
    return value, here.grad + jnp.einsum("pc,pcl->pl", slope, here.jacobian)
