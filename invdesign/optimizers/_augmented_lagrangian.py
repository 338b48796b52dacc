"""The augmented Lagrangian around any gradient method."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_count, checked_latent, checked_number
from .._evaluation import Evaluation
from .._types import Array, Bool, Float, Int, Latent, Latents, PRNGKeyArray, Scalar, as_float
from ._base import AbstractConstrained, AbstractOptimizer
from ._constrained import Told, as_bools, told, unconstrained

# Times the first penalty: beyond it single precision sees nothing but the constraints.
_MOST_GROWTH = 1e4
# How far from stationary the Lagrangian may be for an update, over what the update changes.
_INEXACTNESS = 0.5
# Times `every`: evaluations without progress before a line search counts as stuck. Halving a
# step this often takes it from any length to nothing.
_PATIENCE = 5


class Multipliers(eqx.Module):
    """What the Lagrangian is made of.

    **Arguments:** `value`: one multiplier an entry of the constraints, `>= 0` for inequalities;
    `penalty`: the factor on the squares.
    """

    value: Float[Array, " constraint"]
    penalty: Scalar


class AugmentedLagrangianState(eqx.Module):
    """State of a search with an augmented Lagrangian.

    **Arguments:**

    - `inner`: state of the inner optimizer.
    - `multipliers`: what the Lagrangian is made of now.
    - `violation`: by how much constraints and complementarity were missed at the last update;
      `+inf` before the first.
    - `best`, `found`: the point with the lowest Lagrangian since then, and what is known of it;
      its value is `+inf` as long as there is none.
    - `count`, `idle`: evaluations since then, and those since the best one.
    - `done`: whether the inner optimizer has converged where the constraints hold.
    """

    inner: Any
    multipliers: Multipliers
    violation: Scalar
    best: Latents
    found: Told
    count: Int[Array, ""]
    idle: Int[Array, ""]
    done: Bool[Array, ""]


class AugmentedLagrangian(AbstractConstrained):
    r"""Runs a gradient method on the augmented Lagrangian and updates its multipliers.

    $$L(z) = f(z) + \frac{1}{2\mu} \sum_i \left(t_i^2 - \lambda_i^2\right), \qquad
      t_E = \lambda_E - \mu c_E(z), \quad t_I = \max(\lambda_I - \mu c_I(z), 0)$$

    At an update $\lambda$ becomes $t$ at the point of the lowest $L$ since the last one, and the
    penalty $\mu$ grows if $\max(|c_E|, |\min(c_I, \lambda/\mu)|)$ has not halved. Updates come
    once the inner optimizer has converged, or after `every` evaluations as soon as
    $|\nabla L| \le |\nabla c^T (t - \lambda)| / 2$ there: before, what is missed is the inner
    search's fault. A search that has found nothing better for 5 `every` evaluations gets an
    update, too. Smooth, so that gradient methods keep their speed; designs on the way may
    violate the constraints.

    Done when the inner optimizer has converged with that maximum within `tolerance`: never with
    one that does not converge by itself, such as `Adam`.

    Source: Hestenes (1969), Powell (1969) and Rockafellar (1973); Nocedal and Wright (2006),
    section 17.4; the time for an update after Bertsekas (1982), section 2.5; the rule for the
    penalty of Birgin and Martinez (2014), algorithm 4.1.

    **Arguments:**

    - `optimizer`: a gradient method that asks for one latent; several starts go outside.
    - `equality`: as for every constrained optimizer.
    - `penalty`: $\mu$ at the start, above 0; about the value's range over the square of the
      constraints' range.
    - `growth`: factor on the penalty, at least 1; it stops at 1e4 times the start.
    - `every`: evaluations between updates at the least, 1 or more.
    - `tolerance`: by how much the constraints may be missed, above 0; the penalty does not grow
      below it.
    - `restart`: whether the inner optimizer starts anew from the best point when multipliers or
      penalty have changed. Needed where it remembers values, as `BFGS` and `LBFGS` do; `Adam`
      does better with its moments kept, `restart=False`.

    **Raises:** `ValueError` if one of them is out of its range or the optimizer uses no
    gradients; on `init` if it asks for more than one latent; on `tell` if `equality` has not as
    many entries as there are constraints.
    """

    optimizer: AbstractOptimizer
    equality: tuple[bool, ...] = eqx.field(static=True, converter=as_bools)
    penalty: Scalar = eqx.field(converter=as_float, default=10.0)
    growth: Scalar = eqx.field(converter=as_float, default=4.0)
    every: int = eqx.field(static=True, default=10)
    tolerance: Scalar = eqx.field(converter=as_float, default=1e-4)
    restart: bool = eqx.field(static=True, default=True)

    def __check_init__(self):
        if self.optimizer.order != 1:
            raise ValueError(
                "`AugmentedLagrangian` needs an optimizer that uses gradients; put one that does "
                "not into `Penalized`."
            )
        name = "AugmentedLagrangian"
        checked_number(self.penalty, "penalty", name, above=0)
        checked_number(self.growth, "growth", name, least=1)
        checked_count(self.every, "every", name)
        checked_number(self.tolerance, "tolerance", name, above=0)

    @property
    def order(self) -> int:
        return 1

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> AugmentedLagrangianState:
        latent = checked_latent(latent, "AugmentedLagrangian")
        inner = self.optimizer.init(latent, key=key)
        population = self.optimizer.ask(inner, key=key).shape[0]
        if population != 1:
            raise ValueError(
                f"`AugmentedLagrangian` needs an optimizer that asks for one latent at a time, "
                f"got one that asks for {population}."
            )
        number, dtype = len(self.equality), latent.dtype
        return AugmentedLagrangianState(
            inner=inner,
            multipliers=Multipliers(jnp.zeros(number, dtype), self.penalty.astype(dtype)),
            violation=jnp.full((), jnp.inf, dtype),
            best=latent[None],
            found=_nothing(latent, number),
            count=jnp.zeros((), jnp.int32),
            idle=jnp.zeros((), jnp.int32),
            done=jnp.asarray(False),
        )

    def ask(self, state: AugmentedLagrangianState, *, key: PRNGKeyArray) -> Latents:
        return self.optimizer.ask(state.inner, key=key)

    def tell(
        self, state: AugmentedLagrangianState, candidates: Latents, evaluation: Evaluation
    ) -> AugmentedLagrangianState:
        here = told("AugmentedLagrangian", self.equality, evaluation)
        inner = self._tell(state.inner, state.multipliers, candidates, here, evaluation)
        state = _keep(self.equality, state, inner, candidates, here)
        converged = bool(self.optimizer.done(inner))
        stationary = bool(_is_stationary(self.equality, state))
        stuck = int(state.idle) >= _PATIENCE * self.every
        if not (converged or stuck or (stationary and int(state.count) >= self.every)):
            return state
        after = _update(self, converged, stationary, state)
        if self.restart and (stuck or _changed(state, after)) and not bool(after.done):
            after = self._restarted(state, after, evaluation)
        return after

    def done(self, state: AugmentedLagrangianState) -> Bool[Array, ""]:
        return state.done

    def _tell(
        self,
        inner: Any,
        multipliers: Multipliers,
        candidates: Latents,
        here: Told,
        evaluation: Evaluation,
    ) -> Any:
        value, grad = _lagrangian(self.equality, multipliers, here)
        return self.optimizer.tell(inner, candidates, unconstrained(evaluation, value, grad))

    def _restarted(
        self,
        before: AugmentedLagrangianState,
        after: AugmentedLagrangianState,
        evaluation: Evaluation,
    ) -> AugmentedLagrangianState:
        """The inner search from the best point, told at once what is known there already."""
        # A method that asks for one latent and follows its gradient has nothing to draw.
        inner = self.optimizer.init(before.best[0], key=jax.random.key(0))
        inner = self._tell(inner, after.multipliers, before.best, before.found, evaluation)
        return eqx.tree_at(lambda s: s.inner, after, inner)


def _nothing(latent: Latent, number: int) -> Told:
    dtype = latent.dtype
    return Told(
        value=jnp.full((1,), jnp.inf, dtype),
        grad=jnp.zeros_like(latent)[None],
        constraints=jnp.zeros((1, number), dtype),
        jacobian=jnp.zeros((1, number, latent.size), dtype),
    )


def _shifted(
    equality: tuple[bool, ...], multipliers: Multipliers, constraints: Float[Array, " constraint"]
) -> Float[Array, " constraint"]:
    """The multipliers $t$ that the gradient of the Lagrangian sees, and that come next."""
    shifted = multipliers.value - multipliers.penalty * constraints
    return jnp.where(jnp.asarray(equality, bool), shifted, jnp.maximum(shifted, 0.0))


@eqx.filter_jit
def _lagrangian(
    equality: tuple[bool, ...], multipliers: Multipliers, here: Told
) -> tuple[Float[Array, "1"], Float[Array, "1 latent"]]:
    assert here.grad is not None and here.jacobian is not None
    old, penalty, constraints = multipliers.value, multipliers.penalty, here.constraints[0]
    shifted = _shifted(equality, multipliers, constraints)
    # The difference of squares, without the cancellation.
    inside = constraints * (0.5 * penalty * constraints - old)
    active = jnp.asarray(equality, bool) | (shifted > 0)
    terms = jnp.where(active, inside, -0.5 * old**2 / penalty)
    return here.value + terms.sum(), here.grad - (shifted @ here.jacobian[0])[None]


@eqx.filter_jit
def _is_stationary(equality: tuple[bool, ...], state: AugmentedLagrangianState) -> Bool[Array, ""]:
    """Whether new multipliers would change the gradient by more than the search still can."""
    assert state.found.jacobian is not None
    old = state.multipliers
    _, grad = _lagrangian(equality, old, state.found)
    shifted = _shifted(equality, old, state.found.constraints[0])
    change = (shifted - old.value) @ state.found.jacobian[0]
    return jnp.linalg.norm(grad) <= _INEXACTNESS * jnp.linalg.norm(change)


@eqx.filter_jit
def _keep(
    equality: tuple[bool, ...],
    state: AugmentedLagrangianState,
    inner: Any,
    candidates: Latents,
    here: Told,
) -> AugmentedLagrangianState:
    """Counts the evaluation and keeps the point if its Lagrangian is the lowest so far."""
    value, _ = _lagrangian(equality, state.multipliers, here)
    lowest, _ = _lagrangian(equality, state.multipliers, state.found)
    better = (value < lowest)[0]
    best, found = jax.tree.map(
        lambda a, b: jnp.where(better, a, b), (candidates, here), (state.best, state.found)
    )
    return AugmentedLagrangianState(
        inner=inner,
        multipliers=state.multipliers,
        violation=state.violation,
        best=best,
        found=found,
        count=state.count + 1,
        idle=jnp.where(better, 0, state.idle + 1),
        done=state.done,
    )


@eqx.filter_jit
def _update(
    self: AugmentedLagrangian, converged: bool, stationary: bool, state: AugmentedLagrangianState
) -> AugmentedLagrangianState:
    """The multipliers of the best point; nothing but the count changes if all have failed."""
    equality, old, dtype = self.equality, state.multipliers, state.violation.dtype
    tolerance, most = self.tolerance.astype(dtype), _MOST_GROWTH * self.penalty.astype(dtype)
    succeeded = jnp.isfinite(state.found.value[0])
    violation = _violation(equality, old, state.found.constraints[0])
    enough = violation <= jnp.maximum(0.5 * state.violation, tolerance)
    grown = jnp.minimum(self.growth.astype(dtype) * old.penalty, most)
    # A stuck search says nothing about the penalty.
    grown = jnp.where(enough | (not (converged or stationary)), old.penalty, grown)
    new = Multipliers(_shifted(equality, old, state.found.constraints[0]), grown)
    multipliers, violation = jax.tree.map(
        lambda a, b: jnp.where(succeeded, a, b), (new, violation), (old, state.violation)
    )
    done = succeeded & converged & (violation <= tolerance)
    nothing = _nothing(state.best[0], len(equality))
    zero = jnp.zeros_like(state.count)
    return AugmentedLagrangianState(
        state.inner, multipliers, violation, state.best, nothing, zero, zero, done
    )


def _violation(
    equality: tuple[bool, ...], multipliers: Multipliers, constraints: Float[Array, " constraint"]
) -> Scalar:
    # For an inequality zero only if it holds and its multiplier is zero where it is inactive.
    slack = jnp.minimum(constraints, multipliers.value / multipliers.penalty)
    missed = jnp.where(jnp.asarray(equality, bool), constraints, slack)
    return jnp.max(jnp.abs(missed), initial=0.0)


def _changed(before: AugmentedLagrangianState, after: AugmentedLagrangianState) -> bool:
    return not bool(eqx.tree_equal(before.multipliers, after.multipliers))
