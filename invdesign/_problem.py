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
from ._task import Task, check_figures
from ._types import Array, Bool, Code, Float, Latent, Scalar
from .objectives import AbstractConstraint
from .spaces import AbstractSpace


@eqx.filter_jit
def scenes_of(task: Task, design: Any, conditions: Any) -> Any:
    """The scenes that a design makes of `conditions`, with their leading axis."""
    return jax.vmap(lambda condition: task.build(design, condition))(conditions)


def check_scenes(
    task: Task, simulator: AbstractSimulator, design: Any, conditions: Any
) -> tuple[str, ...]:
    """What a simulator has to say of the scenes that a design makes of `conditions`, once each.

    **Raises:** `ValueError` for a scene that the simulator refuses.
    """
    if type(simulator).check is AbstractSimulator.check:
        return ()  # nothing to build scenes for
    scenes = jax.device_get(scenes_of(task, design, conditions))
    said: list[str] = []
    for index in range(num_conditions(conditions)):
        scene = jax.tree.map(lambda x, i=index: x[i], scenes)
        said += simulator.check(scene, task.num_steps)
    return tuple(dict.fromkeys(said))


def num_conditions(conditions: Any) -> int:
    """Length of the leading axis that the leaves of `conditions` share."""
    return jax.tree.leaves(conditions)[0].shape[0]


class Missed(eqx.Module):
    """By how much the design of a latent misses constraints that need no simulation. Traceable.

    The entries are violations over their tolerances: 0 where a constraint holds, and up to 1 where
    it counts as met.
    """

    space: AbstractSpace
    constraints: tuple[AbstractConstraint, ...]

    def __call__(self, latent: Latent) -> Float[Array, " entry"]:
        design = self.space.decode(latent)
        missed = [jnp.zeros((0,), latent.dtype)]
        for constraint in self.constraints:
            entries = constraint(None, design).astype(latent.dtype)
            violation = jnp.abs(entries) if constraint.equality else jnp.maximum(-entries, 0)
            missed.append(violation / float(constraint.tolerance))
        return jnp.concatenate(missed)


class Problem(eqx.Module):
    """A task under a simulator.

    **Arguments:**

    - `task`, `simulator`, `adjoint`: what is wanted, how the world moves, how it is differentiated.
    - `gradient_cost`: the measured time of a value with its gradient over that of a value alone;
      what a gradient step is charged on a budget.
    - `lighter`: the same designs in a cheaper simulation, for searches that begin there (see
      `Then`).
    - `step_cost`: what a step of it is charged: 1, and less in what is the lighter one of another.

    **Raises:** `ValueError` if one of them is of another kind, a cost is not above 0, the lighter
    one has other designs or constraints, or an objective, a score or a constraint raises or returns
    something else than it should.
    """

    task: Task
    simulator: AbstractSimulator
    adjoint: AbstractAdjoint = CheckpointAdjoint(segment=1)
    gradient_cost: float = eqx.field(static=True, default=4.0)
    lighter: "Problem | None" = None
    step_cost: float = eqx.field(static=True, default=1.0)

    def __check_init__(self):
        checked_kind(self.task, Task, "a task", "Problem")
        checked_kind(self.simulator, AbstractSimulator, "a simulator", "Problem")
        checked_kind(self.adjoint, AbstractAdjoint, "an adjoint", "Problem")
        checked_number(self.gradient_cost, "gradient_cost", "Problem", above=0)
        checked_number(self.step_cost, "step_cost", "Problem", above=0)
        check_figures(self.task, self.simulator)
        if self.lighter is not None:
            self._check_lighter(self.lighter)

    def _check_lighter(self, lighter: "Problem") -> None:
        own, other = self.task, lighter.task
        if not eqx.tree_equal(own.space, other.space) or lighter.constraints != self.constraints:
            raise ValueError(
                f"The lighter version of `{own.name}` has to have its designs and constraints; "
                f"`{other.name}` has others."
            )

    @property
    def without_gradient(self) -> str | None:
        """Why nothing can be differentiated, half a sentence; `None` if it can."""
        return self.simulator.without_gradient

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

    def check(self, latent: Latent) -> tuple[str, ...]:
        """What the simulator has to say of the scenes that are optimised on, with a design (host).

        **Raises:** `ValueError` for a scene that the simulator refuses.
        """
        design = self.task.space.decode(latent)
        return check_scenes(self.task, self.simulator, design, self.task.conditions)

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

    @property
    def missed(self) -> Missed:
        """The violations of the constraints that need no simulation, to repair designs with."""
        return Missed(self.task.space, _groups(self.task)[1])

    def _entries(self, latent: Latent, wanted: tuple[AbstractConstraint, ...]):
        """Entries of some constraints on the training conditions."""
        if any(constraint.simulated for constraint in wanted):
            design, trajectories = self.trajectories(latent, self.task.conditions)
        else:
            design, trajectories = self.task.space.decode(latent), None
        return _values(wanted, trajectories, design, latent.dtype)

    def _outcome(self, latent: Latent, conditions: Any, probes: Float[Array, "2"] | None = None):
        """Value and simulated constraints in one vector, and what is not differentiated.

        **Arguments:** `probes`: of what the objective looks at, and of what the constraints do.
        """
        task = self.task
        design, trajectories = self.trajectories(latent, conditions)
        seen = [(design, trajectories)] * 2
        if probes is not None:
            dynamic, static = eqx.partition((design, trajectories), eqx.is_array)
            seen = [eqx.combine(probed(probe, dynamic), static) for probe in probes]
        (design, trajectories), (bound_design, bound_trajectories) = seen
        value = jax.vmap(lambda t: task.objective(t, design))(trajectories).mean()
        score = jax.vmap(lambda t: task.score(t, design))(trajectories).mean()
        entries = _values(_groups(task)[0], bound_trajectories, bound_design, value.dtype)
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
            result = _blamed(result, outputs, entries)
        else:
            outputs, (slopes, probes), (score, result) = _differentiated(
                lambda z, probes: self._outcome(z, conditions, probes), latent
            )
            geometric = jax.jacfwd(lambda z: self._entries(z, still))(latent)
            result = _blamed(result, outputs, entries)
            result = _blamed_gradient(result, slopes, probes, geometric)
            slopes = jnp.where(result == 0, slopes, jnp.zeros_like(slopes))
            jacobian = jnp.concatenate([slopes[1:], geometric])
        return Evaluation(
            value=jnp.where(result == 0, outputs[0], jnp.inf),
            grad=None if slopes is None else slopes[0],
            score=score,
            constraints=jnp.concatenate([outputs[1:], entries]),
            jacobian=jacobian,
            result=result,
        )

    def grow(self, factor: float) -> "Problem":
        """The same problem with a simulator of `factor` times the capacity."""
        grown = eqx.tree_at(lambda p: p.simulator, self, self.simulator.grow(factor))
        if self.lighter is None:
            return grown
        return eqx.tree_at(lambda p: p.lighter, grown, self.lighter.grow(factor))


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


@jax.custom_vjp
def probed(probe: Scalar, tree: Any) -> Any:
    """`tree` as it is; backwards, the gradient of `probe` is NaN if that of `tree` is not finite.

    Put between simulation and objective it tells whose fault a gradient is that is not finite.
    """
    return tree


def _probed_forward(probe: Scalar, tree: Any) -> tuple[Any, Scalar]:
    return tree, probe


def _probed_backward(probe: Scalar, cotangent: Any) -> tuple[Scalar, Any]:
    leaves = [x for x in jax.tree.leaves(cotangent) if eqx.is_inexact_array(x)]
    finite = jnp.stack([jnp.isfinite(x).all() for x in leaves]).all()
    return jnp.where(finite, 0, jnp.nan).astype(probe.dtype), cotangent


probed.defvjp(_probed_forward, _probed_backward)


def _blamed(result: Code, outputs: Float[Array, " output"], entries: Array) -> Code:
    """The code with what is to blame for a value or a constraint that is not finite."""
    constraints = jnp.isfinite(outputs[1:]).all() & jnp.isfinite(entries).all()
    return _first_of(
        result,
        (jnp.isfinite(outputs[0]), RESULTS.nonfinite_objective),
        (constraints, RESULTS.nonfinite_constraint),
    )


def _blamed_gradient(result: Code, slopes: Array, probes: Array, geometric: Array) -> Code:
    """The same of derivatives: a row of `slopes` and `probes` an output."""
    # All rows, because nothing times what is not finite is not finite either.
    own = jnp.isfinite(probes).all(axis=0)
    constraints = own[1] & jnp.isfinite(geometric).all()
    return _first_of(
        result,
        (own[0], RESULTS.nonfinite_objective_gradient),
        (constraints, RESULTS.nonfinite_constraint),
        (jnp.isfinite(slopes).all(), RESULTS.nonfinite_gradient),
    )


def _first_of(result: Code, *checks: tuple[Bool[Array, ""], RESULTS]) -> Code:
    for fine, code in checks:
        result = first_failure(result, jnp.where(fine, 0, as_code(code)))
    return result


def _differentiated(function: Any, latent: Latent):
    """Outputs, their derivatives by latent and probes, and the rest: a backward pass an output.

    The passes are one loop, not a batch: batched scatters are slow on a CPU, and written out they
    would all be compiled.
    """
    outputs, pullback, rest = jax.vjp(function, latent, jnp.zeros((2,), latent.dtype), has_aux=True)
    rows = jnp.eye(outputs.size, dtype=outputs.dtype)
    if outputs.size == 1:
        return outputs, jax.tree.map(lambda x: x[None], pullback(rows[0])), rest
    return outputs, lax.map(pullback, rows), rest
