"""The control of a descent: its gradients keep their length and lose their direction."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_count
from .._evaluation import Evaluation
from .._types import Array, Bool, Float, Latent, Latents, PRNGKeyArray
from ._base import AbstractGuided, AbstractOptimizer, guided


class RandomDirectionState(eqx.Module):
    """State of a search that is told of random directions.

    **Arguments:** `inner`: the search's own; `key`: words of the key of the next directions.
    """

    inner: Any
    key: Array


class RandomDirection(AbstractGuided):
    r"""Tells a gradient method of a random direction in place of each gradient, of the same norm.

    $$\tilde g = |g| \frac{\epsilon}{|\epsilon|}, \qquad \epsilon \sim N(0, I)$$

    The control of any claim for gradients. The gradient is computed and charged as ever, and all
    else is the same: bounds, constraints, values, failures, champion. What a search reaches beyond
    its control is what the directions of its gradients know. The norm is that of the gradient as it
    arrives, clipped along the rollout if the adjoint clips it. Directions are new in every
    iteration, so momentum that averages over them takes shorter steps than over gradients that
    agree.

    Constraints that need no simulation keep their Jacobian: to fit is no claim for gradients.

    **Arguments:**

    - `optimizer`: any that uses gradients, `Injected` among them.
    - `simulated`: of the constraints' entries, the first so many come out of a simulation; their
      rows of the Jacobian are replaced as well.

    **Raises:** `ValueError` if the optimizer uses no gradients or `simulated` is below 0.
    """

    optimizer: AbstractOptimizer
    simulated: int = eqx.field(static=True, default=0)

    def __check_init__(self):
        checked_count(self.simulated, "simulated", "RandomDirection", least=0)
        if self.optimizer.order != 1 and not guided(self.optimizer):
            raise ValueError(
                "`RandomDirection` needs an optimizer that uses gradients; "
                f"`{type(self.optimizer).__name__}` uses none to replace."
            )

    @property
    def order(self) -> int:
        return self.optimizer.order

    @property
    def guided(self) -> bool:
        return guided(self.optimizer)

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> RandomDirectionState:
        inner_key, key = jax.random.split(key)
        typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
        words = jax.random.key_data(key) if typed else key
        return RandomDirectionState(self.optimizer.init(latent, key=inner_key), words)

    def ask(self, state: RandomDirectionState, *, key: PRNGKeyArray) -> Latents:
        return self.optimizer.ask(state.inner, key=key)

    def tell(
        self, state: RandomDirectionState, candidates: Latents, evaluation: Evaluation
    ) -> RandomDirectionState:
        turned, words = _turned(evaluation, self.simulated, state.key)
        return RandomDirectionState(self.optimizer.tell(state.inner, candidates, turned), words)

    def done(self, state: RandomDirectionState) -> Bool[Array, ""] | bool:
        return self.optimizer.done(state.inner)


@eqx.filter_jit
def _turned(evaluation: Evaluation, simulated: int, words: Array) -> tuple[Evaluation, Array]:
    """The evaluation with other directions, and the words of the next key."""
    key, of_value, of_constraints = jax.random.split(jax.random.wrap_key_data(words), 3)
    grad, jacobian, slope = evaluation.grad, evaluation.jacobian, evaluation.slope
    if grad is not None:
        grad = _rows(grad, of_value)
    if jacobian is not None:
        rows = _rows(jacobian[:, :simulated], of_constraints)
        jacobian = jnp.concatenate([rows, jacobian[:, simulated:]], axis=1)
    if slope is not None:
        turn = _rows(slope.grad, jax.random.fold_in(of_value, 0))
        slope = eqx.tree_at(lambda s: s.grad, slope, turn)
    turned = eqx.tree_at(
        lambda e: (e.grad, e.jacobian, e.slope),
        evaluation,
        (grad, jacobian, slope),
        is_leaf=lambda x: x is None,
    )
    return turned, jax.random.key_data(key)


def _rows(gradients: Float[Array, "*row latent"], key: PRNGKeyArray) -> Float[Array, "*row latent"]:
    """As many random directions of the same norms; what is not finite stays as it is."""
    directions = jax.random.normal(key, gradients.shape, gradients.dtype)
    norm = jnp.linalg.norm(gradients, axis=-1, keepdims=True)
    directions = directions / jnp.linalg.norm(directions, axis=-1, keepdims=True) * norm
    return jnp.where(jnp.isfinite(norm), directions, gradients)
