"""A task bound to a simulator and an adjoint: something that can be evaluated."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from ._adjoint import AbstractAdjoint, CheckpointAdjoint
from ._evaluation import Evaluation
from ._results import RESULTS, as_code, first_failure
from ._rollout import Trajectory, rollout
from ._simulator import AbstractSimulator
from ._task import Task
from ._types import Latent


def num_conditions(conditions: Any) -> int:
    """Length of the leading axis that the leaves of `conditions` share."""
    return jax.tree.leaves(conditions)[0].shape[0]


class Problem(eqx.Module):
    """A task under a simulator.

    **Arguments:**

    - `task`, `simulator`, `adjoint`: what is wanted, how the world moves, how it is differentiated.
    - `gradient_cost`: the measured time of a value with its gradient over that of a value alone;
      what a gradient step is charged on a budget.
    """

    task: Task
    simulator: AbstractSimulator
    adjoint: AbstractAdjoint = CheckpointAdjoint(segment=1)
    gradient_cost: float = eqx.field(static=True, default=4.0)

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

    def _outcome(self, latent: Latent, conditions: Any):
        task = self.task
        design, trajectories = self.trajectories(latent, conditions)
        value = jax.vmap(lambda t: task.objective(t, design))(trajectories).mean()
        score = jax.vmap(lambda t: task.score(t, design))(trajectories).mean()
        constraints = [
            jax.vmap(lambda t, c=c: c(t, design))(trajectories).min(axis=0)
            for c in task.constraints
        ]
        constraints = jnp.concatenate([jnp.zeros((0,), value.dtype), *constraints])
        codes = trajectories.result
        result = jnp.where((codes != 0).any(), codes[jnp.argmax(codes != 0)], 0)
        return value, (score, constraints, result.astype(jnp.int32))

    def evaluate(
        self, latent: Latent, *, order: Literal[0, 1], conditions: Any = None
    ) -> Evaluation:
        """Mean value over the training conditions, with its gradient if `order` is 1.

        Traceable and unbatched. A failed simulation has value `+inf` and a zero gradient.

        **Arguments:** `conditions`: others than the task's training conditions.
        """
        conditions = self.task.conditions if conditions is None else conditions
        grad = None
        if order == 0:
            value, (score, constraints, result) = self._outcome(latent, conditions)
        else:
            outcome = jax.value_and_grad(lambda z: self._outcome(z, conditions), has_aux=True)
            (value, (score, constraints, result)), grad = outcome(latent)
            finite = jnp.isfinite(grad).all()
            bad = jnp.where(finite, 0, as_code(RESULTS.nonfinite_gradient))
            result = first_failure(result, bad.astype(jnp.int32))
            grad = jnp.where(result == 0, grad, jnp.zeros_like(grad))
        failed = (result != 0) | ~jnp.isfinite(value)
        return Evaluation(
            value=jnp.where(failed, jnp.inf, value),
            grad=grad,
            score=score,
            constraints=constraints,
            jacobian=None,
            metrics={},
            result=result,
        )

    def grow(self, factor: float) -> "Problem":
        """The same problem with a simulator of `factor` times the capacity."""
        return eqx.tree_at(lambda p: p.simulator, self, self.simulator.grow(factor))
