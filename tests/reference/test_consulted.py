"""A reference solver that is searched through: values alone, every call counted."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, DirectAdjoint, Problem, Task, Trajectory, judge, solve, verify
from invdesign._results import as_code
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.optimizers import CMAES, Adam, RandomSearch
from invdesign.reference import AbstractReference, Consulted, Simulated
from invdesign.spaces import Box
from invdesign.studies._optimizers import Effort, contestant, default_optimizer

KEY = jax.random.key(5)
FRAMES = 2
CALLS = []


class Place(eqx.Module):
    at: jax.Array


class Put(eqx.Module):
    def __call__(self, design, condition):
        return Place(design.parameters + condition)


class Far(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.sum(trajectory.frames[-1] ** 2)


class Near(AbstractScore):
    def __call__(self, trajectory, design):
        return -jnp.sum(trajectory.frames[-1] ** 2)


class Halving(AbstractReference):
    """A program that halves places, and fails far away."""

    limit: float = 2.0
    weights: np.ndarray = eqx.field(default_factory=lambda: np.ones(2))

    def frame(self, scene):
        return jnp.full_like(scene.at, jnp.nan)

    def trajectories(self, scenes, *, num_steps):
        CALLS.append(len(scenes))
        return [self.one(np.asarray(scene.at), num_steps) for scene in scenes]

    def one(self, at, num_steps):
        frames = np.stack([at / 2 ** (k + 1) for k in range(num_steps)])
        fails = np.abs(at).max() > self.limit
        code = RESULTS.reference_failed if fails else RESULTS.successful
        return Trajectory(
            at, np.full_like(frames, np.nan) if fails else frames, None, as_code(code)
        )


TASK = Task(
    name="halving",
    space=Box((-3.0, -3.0), (3.0, 3.0)),
    build=Put(),
    conditions=jnp.asarray([[0.0], [0.1]]),
    unseen=jnp.asarray([[0.05]]),
    objective=Far(),
    score=Near(),
    num_steps=FRAMES,
)


def consulted(**options):
    return Consulted(Halving(**options), num_steps=FRAMES, dt=0.1)


@pytest.fixture
def problem():
    CALLS.clear()
    return Problem(TASK, consulted(), DirectAdjoint())


def test_a_rollout_is_the_reference_s(problem):
    latent = jnp.asarray([0.2, -0.3])
    wanted = judge(latent, TASK, Halving())
    found = judge(latent, TASK, Simulated(problem.simulator))
    np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-6)
    assert problem.simulator.calls == 1


def test_scenes_of_several_conditions_go_together_and_every_call_is_charged(problem):
    solution = solve(problem, CMAES(4), key=KEY, max_steps=2)
    assert CALLS == [2] * 8
    assert problem.simulator.calls == 16
    assert solution.simulator_steps == solution.charged_steps == 16 * FRAMES
    CALLS.clear()
    fresh = Problem(TASK, consulted(), DirectAdjoint())
    together = solve(fresh, CMAES(4), key=KEY, max_steps=2, chunk=4)
    assert CALLS == [8, 8]
    np.testing.assert_allclose(together.latent, solution.latent, rtol=1e-5)


def test_failures_keep_their_code(problem):
    evaluation = problem.evaluate(jnp.asarray([3.0, 0.0]), order=0)
    assert int(evaluation.result) == int(RESULTS.reference_failed)
    assert evaluation.value == np.inf
    assert np.isfinite(solve(problem, RandomSearch(16), key=KEY, max_steps=1).value)


def test_gradients_are_refused_by_its_name(problem):
    with pytest.raises(ValueError, match=r"`Halving` is a program of its own.*FiniteDifferences"):
        solve(problem, Adam(0.1), key=KEY, max_steps=1)
    with pytest.raises(ValueError, match=r"`adam` needs gradients, and `Halving`.*cmaes"):
        contestant("adam", problem, Effort(steps=1))
    assert default_optimizer(TASK, problem.simulator) == "cmaes"
    assert CALLS == []


def test_what_the_search_went_through_is_not_asked_twice_in_a_verification(problem):
    reference = problem.simulator.reference
    verified = verify(jnp.zeros(2), TASK, reference, simulator=problem.simulator)
    assert verified.gap == 0.0
    assert CALLS == [1]


def test_another_horizon_is_refused(problem):
    longer = dataclasses.replace(TASK, num_steps=2 * FRAMES)
    with pytest.raises(ValueError, match=r"`Consulted` simulates 2 frames.*num_steps=4"):
        solve(Problem(longer, consulted()), CMAES(4), key=KEY, max_steps=1)


def test_a_reference_that_does_not_say_what_its_frames_look_like(problem):
    class Silent(AbstractReference):
        def trajectories(self, scenes, *, num_steps):
            return []

    silent = Consulted(Silent(), num_steps=FRAMES, dt=0.1)
    with pytest.raises(ValueError, match=r"`Silent` cannot be searched through.*`frame\(scene\)`"):
        Problem(TASK, silent)
