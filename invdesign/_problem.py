"""A task bound to a simulator and an adjoint: something that can be evaluated."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from ._adjoint import AbstractAdjoint, CheckpointAdjoint
from ._checks import checked_kind, checked_number
from ._constraints import ConstraintEntries
from ._evaluation import Evaluation
from ._results import RESULTS, as_code, first_failure
from ._rollout import Trajectory, rollout
from ._simulator import AbstractSimulator
from ._task import Task
from ._types import Array, Float, Latent
from .objectives import AbstractConstraint


def num_conditions(conditions: Any) -> int:
    """Length of the leading axis that the leaves of `conditions` share."""
    return jax.tree.leaves(conditions)[0].shape[0]


class Problem(eqx.Module):
    """A task under a simulator.

    **Arguments:**

    - `task`, `simulator`, `adjoint`: what is wanted, how the world moves, how it is differentiated.
    - `gradient_cost`: the measured time of a value with its gradient over that of a value alone;
      what a gradient step is charged on a budget.

    **Raises:** `ValueError` if one of them is of another kind, or the cost is not above 0.
    """

    task: Task
    simulator: AbstractSimulator
    adjoint: AbstractAdjoint = CheckpointAdjoint(segment=1)
    gradient_cost: float = eqx.field(static=True, default=4.0)

    def __check_init__(self):
        checked_kind(self.task, Task, "a task", "Problem")
        checked_kind(self.simulator, AbstractSimulator, "a simulator", "Problem")
        checked_kind(self.adjoint, AbstractAdjoint, "an adjoint", "Problem")
        checked_number(self.gradient_cost, "gradient_cost", "Problem", above=0)

    @property
    def steps_per_evaluation(self) -> int:
        """Simulator steps of one evaluation: horizon times conditions."""
        return self.task.num_steps * num_conditions(self.task.conditions)

    def trajectories(self, latent: Latent, conditions: Any) -> tuple[Any, Trajectory]:
        """The design of `latent` and its rollouts over `conditions` (leading axis)."""
        design = self.task.space.decode(latent)

        def one(condition):
            return rollout(
                self.simulator,
                self.task.build(design, condition),
                num_steps=self.task.num_steps,
                adjoint=self.adjoint,
                throw=False,
            )

        if num_conditions(conditions) > 1:
            return design, jax.vmap(one)(conditions)
        # A batch of one costs more than no batch: compilers lay its arrays out less well.
        alone = one(jax.tree.map(lambda x: x[0], conditions))
        return design, jax.tree.map(lambda x: x[None], alone)

    @property
    def constraints(self) -> ConstraintEntries:
        """The entries of the task's constraints, in the order of `Evaluation.constraints`."""
        names, equality, tolerance = [], [], []
        latent = self.task.space.initial()
        for group in _groups(self.task):
            for constraint in group:
                shape = eqx.filter_eval_shape(self._entries, latent, (constraint,))
                names += [constraint.name] * shape.size
                equality += [constraint.equality] * shape.size
                tolerance += [float(constraint.tolerance)] * shape.size
        return ConstraintEntries(tuple(names), tuple(equality), tuple(tolerance))

    def _entries(self, latent: Latent, wanted: tuple[AbstractConstraint, ...]):
        """Entries of some constraints on the training conditions."""
        if any(constraint.simulated for constraint in wanted):
            design, trajectories = self.trajectories(latent, self.task.conditions)
        else:
            design, trajectories = self.task.space.decode(latent), None
        return _values(wanted, trajectories, design, latent.dtype)

    def _outcome(self, latent: Latent, conditions: Any):
        """Value and simulated constraints in one vector, and what is not differentiated."""
        task = self.task
        design, trajectories = self.trajectories(latent, conditions)
        value = jax.vmap(lambda t: task.objective(t, design))(trajectories).mean()
        score = jax.vmap(lambda t: task.score(t, design))(trajectories).mean()
        entries = _values(_groups(task)[0], trajectories, design, value.dtype)
        codes = trajectories.result
        result = jnp.where((codes != 0).any(), codes[jnp.argmax(codes != 0)], 0)
        return jnp.concatenate([value[None], entries]), (score, result.astype(jnp.int32))

    def evaluate(
        self, latent: Latent, *, order: Literal[0, 1], conditions: Any = None
    ) -> Evaluation:
        """Mean value over the training conditions and all constraints; derivatives for `order` 1.

        Traceable and unbatched. A failed simulation has value `+inf` and a zero gradient. Every
        simulated entry of a constraint costs one more backward pass; others cost none.

        **Arguments:** `conditions`: others than the task's training conditions.
        """
        conditions = self.task.conditions if conditions is None else conditions
        still = _groups(self.task)[1]
        entries, jacobian, slopes = self._entries(latent, still), None, None
        if order == 0:
            outputs, (score, result) = self._outcome(latent, conditions)
        else:
            outputs, slopes, (score, result) = _differentiated(
                lambda z: self._outcome(z, conditions), latent
            )
            geometric = jax.jacfwd(lambda z: self._entries(z, still))(latent)
            finite = jnp.isfinite(slopes).all()
            bad = jnp.where(finite, 0, as_code(RESULTS.nonfinite_gradient))
            result = first_failure(result, bad.astype(jnp.int32))
            slopes = jnp.where(result == 0, slopes, jnp.zeros_like(slopes))
            jacobian = jnp.concatenate([slopes[1:], geometric])
        value = outputs[0]
        failed = (result != 0) | ~jnp.isfinite(value)
        return Evaluation(
            value=jnp.where(failed, jnp.inf, value),
            grad=None if slopes is None else slopes[0],
            score=score,
            constraints=jnp.concatenate([outputs[1:], entries]),
            jacobian=jacobian,
            metrics={},
            result=result,
        )

    def grow(self, factor: float) -> "Problem":
        """The same problem with a simulator of `factor` times the capacity."""
        return eqx.tree_at(lambda p: p.simulator, self, self.simulator.grow(factor))


def _groups(
    task: Task,
) -> tuple[tuple[AbstractConstraint, ...], tuple[AbstractConstraint, ...]]:
    """Constraints that need a simulation, and the others."""
    simulated = tuple(c for c in task.constraints if c.simulated)
    return simulated, tuple(c for c in task.constraints if not c.simulated)


def _values(
    wanted: tuple[AbstractConstraint, ...], trajectories: Any, design: Any, dtype: Any
) -> Float[Array, " constraint"]:
    entries = [c(trajectories if c.simulated else None, design) for c in wanted]
    return jnp.concatenate([jnp.zeros((0,), dtype), *entries])


def _differentiated(function: Any, latent: Latent):
    """Outputs, their Jacobian and the rest, by one backward pass an output.

    The passes are one loop, not a batch: batched scatters are slow on a CPU, and written out they
    would all be compiled.
    """
    outputs, pullback, rest = jax.vjp(function, latent, has_aux=True)
    rows = jnp.eye(outputs.size, dtype=outputs.dtype)
    if outputs.size == 1:
        return outputs, pullback(rows[0])[0][None], rest
    return outputs, lax.map(lambda row: pullback(row)[0], rows), rest
