"""What is not finite, raises or has the wrong shape is told whose fault it is."""

import functools
import importlib.util

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from invdesign._blame import defined_at
from invdesign._problem import Problem
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign._solve import solve
from invdesign._task import Task, check_figures
from invdesign.objectives import AbstractConstraint, AbstractObjective, AbstractScore
from invdesign.optimizers import Adam
from invdesign.spaces import Box

STEPS = 3


class Drift(AbstractSimulator):
    """Moves by the design's numbers a step; not finite, or without a slope, where told to."""

    broken: bool = eqx.field(static=True, default=False)
    kinked: bool = eqx.field(static=True, default=False)
    dt: float = 1.0

    def init(self, scene):
        return scene, jnp.zeros(2)

    def step(self, context, state):
        step = jnp.sqrt(context - context) if self.kinked else context
        state = state + (jnp.nan if self.broken else 1.0) * step
        return state, as_code(RESULTS.successful)

    def observe(self, context, state):
        return {"position": state}

    def grow(self, factor):
        return self


class Build(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters + condition


class End(AbstractScore):
    def __call__(self, trajectory, design):
        return trajectory.frames["position"][-1, 0]


class Fair(AbstractObjective):
    def __call__(self, trajectory, design):
        return (trajectory.frames["position"][-1] ** 2).sum()


class Poor(AbstractObjective):
    """Not finite, or with a gradient that is not, by the trajectory or by the design."""

    what: str = eqx.field(static=True)

    def __call__(self, trajectory, design):
        x = trajectory.frames["position"][-1, 0]
        still = design.parameters[0]
        match self.what:
            case "value":
                return jnp.log(x - x)
            case "trajectory":
                return jnp.sqrt((x - 0.3) * 0) + x
            case "design":
                return jnp.where(still > 5, jnp.sqrt(0 * still), 1.0) + x


FAIR, SOUND = Fair(), Drift()


class Fence(AbstractConstraint):
    name: str = eqx.field(static=True, default="fence")
    equality: bool = eqx.field(static=True, default=False)
    tolerance: float = eqx.field(static=True, default=1e-3)
    simulated: bool = eqx.field(static=True, default=False)
    value: bool = eqx.field(static=True, default=True)

    def __call__(self, trajectories, design):
        x = trajectories.frames["position"][:, -1, 0] if self.simulated else design.parameters[:1]
        return jnp.log(x - x) if self.value else jnp.sqrt(x - x)


def task(objective=FAIR, constraints=(), **changes):
    fields = {
        "name": "drift",
        "space": Box([-1.0, -1.0], [1.0, 1.0], [0.1, 0.1]),
        "build": Build(),
        "conditions": jnp.zeros((2, 2)),
        "unseen": jnp.zeros((1, 2)),
        "objective": objective,
        "score": End(),
        "num_steps": STEPS,
        "constraints": constraints,
    }
    return Task(**{**fields, **changes})


def code(order, *arguments, simulator=SOUND):
    problem = Problem(task(*arguments), simulator)
    evaluation = eqx.filter_jit(problem.evaluate)(problem.task.space.initial(), order=order)
    if evaluation.result != 0:
        assert evaluation.value == jnp.inf
        assert order == 0 or not evaluation.grad.any()
    return RESULTS(int(evaluation.result)).name


@pytest.mark.parametrize("order", [0, 1])
def test_a_value_that_is_not_finite_is_the_objectives(order):
    assert code(order) == "successful"
    assert code(order, Poor("value")) == "nonfinite_objective"


def test_a_state_that_is_not_finite_is_the_simulators():
    assert code(1, simulator=Drift(broken=True)) == "nonfinite_state"
    assert code(1, Poor("value"), simulator=Drift(broken=True)) == "nonfinite_state"


@pytest.mark.parametrize("what", ["trajectory", "design"])
def test_the_objectives_own_gradient_is_the_objectives(what):
    assert code(0, Poor(what)) == "successful"
    assert code(1, Poor(what)) == "nonfinite_objective_gradient"


def test_a_gradient_through_the_simulation_is_the_simulations():
    assert code(0, simulator=Drift(kinked=True)) == "successful"
    assert code(1, simulator=Drift(kinked=True)) == "nonfinite_gradient"


@pytest.mark.parametrize("simulated", [False, True])
def test_constraints_are_told_apart(simulated):
    broken, steep = Fence(simulated=simulated), Fence(simulated=simulated, value=False)
    assert code(0, Fair(), (broken,)) == code(1, Fair(), (broken,)) == "nonfinite_constraint"
    assert code(0, Fair(), (steep,)) == "successful"
    assert code(1, Fair(), (steep,)) == "nonfinite_constraint"


def test_a_search_says_so():
    problem = Problem(task(Poor("trajectory")), Drift())
    solution = solve(problem, Adam(), key=jax.random.key(0), max_steps=3)
    assert "The objective's own gradient" in solution.reason
    assert RESULTS(int(solution.history["result"][0])) is RESULTS.nonfinite_objective_gradient


OWN = """
import jax.numpy as jnp

def wide(trajectory, design):
    return trajectory.frames["position"][-1]

def whole(trajectory, design):
    return jnp.asarray(3)

def nothing(trajectory, design):
    trajectory.frames

def several(trajectory, design):
    return 1.0, 2.0

def missing(trajectory, design):
    return trajectory.frames.velocity.mean()

def branching(trajectory, design):
    if design.parameters[0] > 0:
        return 1.0
    return 2.0

def fine(trajectory, design):
    return 1.0
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A user's file as a module."""
    path = tmp_path_factory.mktemp("own") / "mine.py"
    path.write_text(OWN)
    spec = importlib.util.spec_from_file_location("mine", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "said", "line"),
    [
        ("wide", r"a scalar of floating-point numbers, and returns one of shape \(2,\)", 4),
        ("whole", "of int32", 7),
        ("nothing", "returns a NoneType", 10),
        ("several", "returns a tuple", 13),
        ("missing", "raised AttributeError", 17),
        ("branching", "raised TracerBoolConversionError", 20),
    ],
)
def test_the_users_line_is_named(own, name, said, line):
    function = getattr(own, name)
    with pytest.raises(ValueError, match=rf"objective of `drift`, `{name}`,.*{said}") as caught:
        Problem(unchecked(function), Drift())
    assert f"(at {own.__file__}:{line})" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def unchecked(function):
    """The task with a plain function for its objective, which annotations would refuse."""
    made = task()
    object.__setattr__(made, "objective", function)
    return made


def test_plain_functions_and_numbers_will_do(own):
    check_figures(unchecked(own.fine), Drift())
    assert defined_at(functools.partial(functools.partial(own.wide), design=3)).endswith(":4")


def test_scores_metrics_and_constraints_are_checked_too(own):
    for what, changes in (
        ("score", {"score": own.wide}),
        ("metric `width`", {"metrics": {"width": own.wide}}),
    ):
        made = task()
        for field, value in changes.items():
            object.__setattr__(made, field, value)
        with pytest.raises(ValueError, match=f"The {what} of `drift`, `wide`,"):
            check_figures(made, Drift())


class Scalar(Fence):
    def __call__(self, trajectories, design):
        return design.parameters[0]


def test_a_constraint_is_a_vector():
    with pytest.raises(ValueError, match=r"`fence` of `drift`, `Scalar`, has to return a vector"):
        Problem(task(constraints=(Scalar(),)), Drift())


def test_our_own_lines_are_nobodys():
    assert defined_at(Box) is None and defined_at(len) is None and defined_at(3) is None
