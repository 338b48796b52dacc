"""Optimizers by name where designs have to fit: repaired, raced, and kept from nothing else."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import DirectAdjoint, Problem, solve
from invdesign.objectives import AbstractConstraint
from invdesign.optimizers import (
    CEM,
    CMAES,
    AbstractOptimizer,
    AugmentedLagrangian,
    FeasibleFirst,
    GuidedES,
    Injected,
    Raced,
    RandomDirection,
    RandomSearch,
    Repaired,
    Then,
)
from invdesign.studies import RunConfig, resolve
from invdesign.studies._optimizers import (
    DEFAULT_ITERATIONS,
    Effort,
    contestant,
    default_budget,
    default_optimizer,
)

from .bowl import TASK, Still


class Beyond(AbstractConstraint):
    """Outside of a disc about the origin, in which most of the way to the minimum lies."""

    radius: float = 1.2
    simulated: bool = eqx.field(static=True, default=False)
    name: str = eqx.field(static=True, default="beyond")
    equality: bool = eqx.field(static=True, default=False)
    tolerance: float = eqx.field(static=True, default=1e-3)

    def __call__(self, trajectories, design):
        return jnp.linalg.norm(design.parameters)[None] - self.radius


class Broken(Beyond):
    def __call__(self, trajectories, design):
        return design.no_such_thing


def problem(*, simulated=False, conditions=2, radius=1.2):
    task = dataclasses.replace(
        TASK,
        constraints=(Beyond(radius, simulated=simulated),),
        conditions=1.0 + 0.1 * jnp.arange(float(conditions))[:, None] * jnp.ones((1, 2)),
    )
    return Problem(task, Still(), DirectAdjoint(), gradient_cost=4.0)


EFFORT = Effort(budget=4000.0)


def test_the_default_where_designs_have_to_fit():
    assert default_optimizer(problem().task) == "local-cmaes"
    assert default_optimizer(problem(radius=0.0).task) == "raced-cmaes"  # none can miss it
    assert default_optimizer(problem(simulated=True).task) == "slsqp"
    broken = dataclasses.replace(problem().task, constraints=(Broken(),))
    assert default_optimizer(broken) == "local-cmaes"  # the check of the problem names it
    bowl = problem()
    cost = bowl.gradient_cost * bowl.steps_per_evaluation
    assert default_budget(bowl) == DEFAULT_ITERATIONS * cost


@pytest.mark.parametrize(
    ("name", "inner"), [("local-cmaes", CMAES), ("raced-cmaes", CMAES), ("raced-cem", CEM)]
)
def test_samplers_are_raced_and_repaired(name, inner):
    found: object = contestant(name, problem(), EFFORT).optimizer
    found = found.second if isinstance(found, Then) else found
    for kind in (Raced, Repaired, FeasibleFirst):
        assert isinstance(found, kind)
        found = found.optimizer
    assert isinstance(found, inner)
    if isinstance(found, CMAES):
        assert (found.local > 0) == (name == "local-cmaes")


@pytest.mark.parametrize("name", ["gradient-cmaes", "gradient-cmaes-random"])
def test_one_with_gradients_differs_from_the_default_in_what_it_injects(name):
    """The control, too: both look around alike before."""
    found, default = (contestant(n, problem(), EFFORT).optimizer for n in (name, "local-cmaes"))
    assert isinstance(found, Then) and isinstance(default, Then)
    assert eqx.tree_equal(found.first, default.first) and found.steps == default.steps
    kinds: list[type] = []
    inner: object = found.second
    while hasattr(inner, "optimizer"):
        kinds.append(type(inner))
        inner = inner.optimizer
    assert isinstance(inner, CMAES) and inner.local == 0
    control = [RandomDirection] if name.endswith("random") else []
    assert kinds == [Raced, *control, Repaired, FeasibleFirst, Injected]


def test_guided_es_begins_where_the_default_does():
    found, default = (contestant(n, problem(), EFFORT) for n in ("guided-es", "local-cmaes"))
    assert isinstance(found.optimizer, Then) and isinstance(default.optimizer, Then)
    assert eqx.tree_equal(found.optimizer.first, default.optimizer.first)
    inner: object = found.optimizer.second
    for kind in (Raced, Repaired, FeasibleFirst, GuidedES):
        assert isinstance(inner, kind)
        inner = getattr(inner, "optimizer", None)
    with pytest.raises(ValueError, match="even population, for pairs, got 7"):
        contestant("guided-es", problem(), dataclasses.replace(EFFORT, population=7))


@pytest.mark.parametrize("name", ["cem", "cmaes"])
def test_plain_samplers_take_constraints_first(name):
    assert isinstance(contestant(name, problem(), EFFORT).optimizer, FeasibleFirst)
    assert isinstance(contestant("adam", problem(), EFFORT).optimizer, AugmentedLagrangian)


@pytest.mark.parametrize("simulated", [False, True])
def test_the_control_of_a_descent_wraps_all_of_it(simulated):
    """A simulated constraint's gradient is replaced, a geometric one's is not."""
    bowl = problem(simulated=simulated)
    found = contestant("adam-random", bowl, EFFORT).optimizer
    assert isinstance(found, RandomDirection) and found.simulated == simulated
    assert isinstance(found.optimizer, AugmentedLagrangian)
    both = contestant("cmaes-adam-random", bowl, EFFORT).optimizer
    assert isinstance(both, Then) and isinstance(both.second, RandomDirection)
    assert isinstance(both.first, AbstractOptimizer) and both.first.order == 0


@pytest.mark.parametrize(
    ("name", "said"), [("cem-random", "uses none"), ("adm-random", "no optimizer|`adam`")]
)
def test_there_is_no_control_without_gradients(name, said):
    with pytest.raises(ValueError, match=said):
        contestant(name, problem(), EFFORT)


def test_a_fifth_of_the_default_looks_for_where_to_begin():
    optimizer = contestant("local-cmaes", problem(), EFFORT).optimizer
    assert isinstance(optimizer, Then)
    first, second, kinds = optimizer.first, optimizer.second, []
    while hasattr(first, "optimizer"):
        kinds.append((type(first), type(second)))
        first, second = first.optimizer, second.optimizer
    assert kinds == [(kind, kind) for kind in (Raced, Repaired, FeasibleFirst)]
    assert isinstance(first, RandomSearch) and first.sample is None
    assert first.population == second.population  # one program evaluates both
    assert isinstance(second, CMAES) and first.std > second.initial_std
    rollouts = first.population + 1  # one of the candidates on the second condition, too
    assert optimizer.steps == EFFORT.iterations(TASK.num_steps * rollouts) // 5
    told = dataclasses.replace(EFFORT, std=0.1)  # about where it starts, so it does not look
    for short in (told, Effort(steps=4), Effort(budget=EFFORT.budget / 500)):
        assert isinstance(contestant("local-cmaes", problem(), short).optimizer, Raced)


def test_a_run_is_told_how_far_it_looks_and_remembers_it():
    """One that is not told has the settings of runs from before there was such a knob."""
    config = RunConfig(task="ramp", simulator="reference", optimizer="raced-cmaes")
    assert "std" not in resolve(config).player().settings
    player = resolve(dataclasses.replace(config, std=0.1)).player()
    assert player.settings["std"] == 0.1
    inner: object = player.optimizer
    while not isinstance(inner, CMAES):
        inner = getattr(inner, "optimizer")  # noqa: B009
    assert inner.initial_std == 0.1
    with pytest.raises(ValueError, match="`--std` must be above 0, got -1"):
        contestant("cem", problem(), dataclasses.replace(EFFORT, std=-1.0))


def test_without_constraints_they_only_race():
    bowl = Problem(TASK, Still(), DirectAdjoint())
    optimizer = contestant("raced-cmaes", bowl, EFFORT).optimizer
    assert isinstance(optimizer, Raced) and isinstance(optimizer.optimizer, CMAES)


def test_where_a_simulation_is_looked_at_they_neither_race_nor_repair():
    optimizer = contestant("raced-cmaes", problem(simulated=True), EFFORT).optimizer
    assert isinstance(optimizer, FeasibleFirst)


@pytest.mark.parametrize("name", ["local-cmaes", "gradient-cmaes", "guided-es"])
def test_repaired_searches_come_round_the_disc(name):
    """From its far side to the minimum, on a value that leads straight into it."""
    bowl = problem()
    player = contestant(name, bowl, EFFORT)
    solution = solve(bowl, player.optimizer, key=jax.random.key(0), budget=EFFORT.budget)
    assert solution.violations == {}
    np.testing.assert_allclose(solution.design.parameters, [1.05, 1.05], atol=0.1)
    assert solution.charged_steps <= EFFORT.budget
