"""Verification on a thrown stone, whose path is known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign._task import Task
from invdesign._types import Array
from invdesign._verify import as_design, judge, pick_conditions, verify
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.reference import Simulated
from invdesign.spaces import Box

STEPS = 5


class Stone(AbstractSimulator):
    """A stone that flies with the scene's velocity, slowed by `drag`; overflows when far out."""

    drag: Array = eqx.field(converter=jnp.asarray, default=0.0)
    reach: int = eqx.field(static=True, default=1000)
    largest: int = eqx.field(static=True, default=1000)
    dt: float = 0.1

    def init(self, scene):
        return None, scene

    def step(self, context, state):
        position, velocity = state
        position = position + self.dt * velocity
        far = jnp.abs(position).max() > self.reach
        code = jnp.where(far, as_code(RESULTS.capacity_exceeded), 0)
        return (position, velocity * (1 - self.drag)), code.astype(jnp.int32)

    def observe(self, context, state):
        return {"position": state[0]}

    def grow(self, factor):
        if self.reach >= self.largest:
            raise ValueError("`Stone` cannot reach any further.")
        return Stone(self.drag, int(self.reach * factor), self.largest)


class Throw(eqx.Module):
    """The design is a velocity, the condition where the stone starts."""

    def __call__(self, design, condition):
        return condition, design.parameters


class Far(AbstractScore):
    """How far to the right the stone ends."""

    def __call__(self, trajectory, design):
        return trajectory.frames["position"][-1, 0]


class Near(AbstractObjective):
    def __call__(self, trajectory, design):
        return -trajectory.frames["position"][-1, 0]


def make_task(unseen: Array) -> Task:
    return Task(
        name="throw",
        space=Box(jnp.asarray([-10.0, -10.0]), jnp.asarray([10.0, 10.0])),
        build=Throw(),
        conditions=jnp.zeros((1, 2)),
        unseen=unseen,
        objective=Near(),
        score=Far(),
        num_steps=STEPS,
    )


TASK = make_task(jnp.asarray([[0.0, 0.0], [1.0, 0.0], [4.0, 0.0]]))
LATENT = TASK.space.encode([2.0, 0.0])
# The start plus 2 m/s for half a second.
FLIGHT = np.asarray([1.0, 2.0, 5.0])


def test_scores_are_those_of_the_flight():
    checked = verify(LATENT, TASK, Simulated(Stone()), simulator=Stone(drag=1.0))
    np.testing.assert_allclose(checked.reference_scores, FLIGHT, rtol=1e-5)
    # With a drag of one the stone moves for one step of 0.1 s only.
    np.testing.assert_allclose(checked.scores, FLIGHT - 0.8, rtol=1e-5)
    assert checked.reference_score_mean == pytest.approx(FLIGHT.mean(), rel=1e-5)
    assert checked.reference_score_std == pytest.approx(FLIGHT.std(), rel=1e-5)
    assert checked.gap == pytest.approx(-0.8, abs=1e-5)
    assert checked.num_failed == 0


def test_without_a_simulator_there_is_no_gap():
    checked = verify(LATENT, TASK, Simulated(Stone()))
    assert checked.score is None and checked.gap is None and checked.scores is None


def test_a_design_counts_as_much_as_its_latent():
    design = TASK.space.decode(LATENT)
    assert as_design(TASK, design) is design
    first, second = (
        verify(LATENT, TASK, Simulated(Stone())),
        verify(design, TASK, Simulated(Stone())),
    )
    np.testing.assert_array_equal(first.reference_scores, second.reference_scores)


def test_on_chosen_conditions():
    one = verify(LATENT, TASK, Simulated(Stone()), conditions=pick_conditions(TASK, 1))
    np.testing.assert_allclose(one.reference_scores, FLIGHT[:1], rtol=1e-5)
    assert one.reference_score_std == 0
    assert pick_conditions(TASK) is TASK.unseen
    for number in (0, 4):
        with pytest.raises(ValueError, match="has 3 unseen conditions"):
            pick_conditions(TASK, number)


def test_the_first_trajectory_is_kept():
    judgement = judge(LATENT, TASK, Simulated(Stone()))
    path = judgement.trajectory.frames["position"]
    expected = 2.0 * 0.1 * np.arange(1, STEPS + 1)
    np.testing.assert_allclose(path[:, 0], expected, rtol=1e-5)
    assert isinstance(path, np.ndarray)


def test_capacity_grows_until_it_suffices():
    small = judge(LATENT, TASK, Simulated(Stone(reach=1)))
    large = judge(LATENT, TASK, Simulated(Stone(reach=8)))
    np.testing.assert_array_equal(small.scores, large.scores)
    assert small.num_failed == 0
    with pytest.raises(ValueError, match="cannot reach any further"):
        judge(LATENT, TASK, Simulated(Stone(reach=1, largest=2)))


def test_a_failed_condition_is_counted():
    broken = make_task(jnp.asarray([[0.0, 0.0], [jnp.nan, 0.0]]))
    judgement = judge(LATENT, broken, Simulated(Stone()))
    assert judgement.num_failed == 1
    assert judgement.results.tolist() == [0, int(RESULTS.nonfinite_state)]


@pytest.mark.parametrize("bad", [jnp.nan, jnp.inf])
def test_numbers_that_are_not_finite_are_refused(bad):
    latent = LATENT.at[1].set(bad)
    design = eqx.tree_at(lambda d: d.parameters, TASK.space.decode(LATENT), latent)
    for candidate in (latent, np.asarray(latent), design):
        with pytest.raises(ValueError, match=r"must be finite|needs finite numbers"):
            verify(candidate, TASK, Simulated(Stone()))


def test_a_latent_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"a latent of 2 numbers, got shape \(3,\)"):
        verify(jnp.zeros(3), TASK, Simulated(Stone()))


def test_one_program_serves_all_conditions_and_designs():
    traces = []

    class Counting(Far):
        def __call__(self, trajectory, design):
            traces.append(1)
            return trajectory.frames["position"][-1, 0]

    task = eqx.tree_at(lambda t: t.score, TASK, Counting())
    judge(LATENT, task, Simulated(Stone()))
    judge(2 * LATENT, task, Simulated(Stone()))
    judge(jax.random.normal(jax.random.key(0), (2,)), task, Simulated(Stone(drag=0.5)))
    assert len(traces) == 1 + 3  # one program; before each, a look at the shapes alone
