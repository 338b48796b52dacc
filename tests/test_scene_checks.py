"""What a simulator has to say of a scene reaches whoever gets a number of it."""

import warnings

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import AbstractSimulator, Problem, Task, judge, rollout, solve, verify
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.optimizers import Adam
from invdesign.reference import Simulated
from invdesign.spaces import Box
from invdesign.studies import gradcheck


class Wary(AbstractSimulator):
    """Moves by the scene's speed; doubts speeds above `most`, refuses those above twice that."""

    most: float = eqx.field(static=True, default=3.0)
    dt: float = eqx.field(static=True, default=0.1)

    def init(self, scene):
        return scene, jnp.zeros_like(scene)

    def step(self, context, state):
        return state + context, jnp.zeros((), jnp.int32)

    def observe(self, context, state):
        return state

    def grow(self, factor):
        raise ValueError("`Wary` has no capacity.")

    def check(self, scene, num_steps=None):
        assert isinstance(np.asarray(scene), np.ndarray)  # its numbers are known
        speed = float(np.abs(scene).max())
        if speed > 2 * self.most:
            raise ValueError(f"The speed is {speed:g}.")
        return (f"more than {self.most:g} in {num_steps} steps",) if speed > self.most else ()


class Build(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters + condition


class Far(AbstractScore):
    def __call__(self, trajectory, design):
        return trajectory.frames[-1].sum()


class Near(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.sum(trajectory.frames[-1] ** 2)


def task(*, trained=0.0, unseen=0.0):
    return Task(
        name="wary",
        space=Box(-jnp.ones(1), jnp.ones(1), initial_parameters=0.5 * jnp.ones(1)),
        build=Build(),
        conditions=jnp.full((2, 1), trained),
        unseen=jnp.full((3, 1), unseen),
        objective=Near(),
        score=Far(),
        num_steps=4,
    )


NOTE = ("more than 3 in 4 steps",)


def test_rollout_warns_and_refuses_where_numbers_are_known():
    with pytest.warns(UserWarning, match="more than 3 in 2 steps"):
        rollout(Wary(), jnp.full((1,), 4.0), num_steps=2)
    with pytest.raises(ValueError, match="The speed is 7"):
        rollout(Wary(), jnp.full((1,), 7.0), num_steps=2)
    with warnings.catch_warnings(action="error"):
        jax.jit(lambda s: rollout(Wary(), s, num_steps=2).final)(jnp.full((1,), 7.0))


def search(problem, **options):
    return solve(problem, Adam(), key=jax.random.key(0), max_steps=1, **options)


def test_solve_notes_and_refuses_before_it_evaluates():
    assert search(Problem(task(trained=3.0), Wary())).notes == NOTE  # once for two conditions
    assert search(Problem(task(unseen=9.0), Wary())).notes == ()
    with pytest.raises(ValueError, match=r"The speed is 9\.5"):
        search(Problem(task(trained=9.0), Wary()))


def test_judgements_and_verifications_carry_notes():
    latent = task().space.initial()
    assert judge(latent, task(unseen=3.0), Simulated(Wary())).notes == NOTE
    checked = verify(latent, task(unseen=3.0), Simulated(Wary(most=2.0)), simulator=Wary())
    assert checked.notes == ("more than 2 in 4 steps", *NOTE)
    with pytest.raises(ValueError, match=r"The speed is 9\.5"):
        judge(latent, task(unseen=9.0), Simulated(Wary()))


def test_frames_of_another_length_are_not_compared():
    with pytest.raises(ValueError, match=r"last 0\.1 s, those .* 0\.2 s"):
        verify(task().space.initial(), task(), Simulated(Wary(dt=0.2)), simulator=Wary())


def test_gradient_checks_carry_notes():
    problem = Problem(task(trained=3.0, unseen=3.0), Wary())
    with jax.enable_x64(True):
        checked = gradcheck(problem, horizons=[4], steps=[1e-4], num_directions=1, num_scenes=1)
    assert checked.notes == NOTE
