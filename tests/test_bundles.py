"""Simulators that make several frames a step: a trajectory has every one of them."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import (
    RESULTS,
    AbstractSimulator,
    CheckpointAdjoint,
    ClippedAdjoint,
    DirectAdjoint,
    Problem,
    TruncatedAdjoint,
    rollout,
)
from invdesign._results import first_failure
from invdesign.reference import Simulated
from invdesign.studies._recorded import Recorded

from .families import toy
from .test_rollout import ONE, Doubling


class Bundled(AbstractSimulator):
    """Another simulator, three frames a step: its state is that of the last three frames."""

    inner: AbstractSimulator
    dt: float = eqx.field(static=True)

    @property
    def frames_per_step(self):
        return 3

    def init(self, scene):
        context, state = self.inner.init(scene)
        return context, jax.tree.map(lambda x: jnp.stack([x] * 3), state)

    def step(self, context: Any, state: Any):
        states, result = [self.last(state)], jnp.asarray(0, jnp.int32)
        for _ in range(3):
            moved, code = self.inner.step(context, states[-1])
            states, result = [*states, moved], first_failure(result, code)
        return jax.tree.map(lambda *x: jnp.stack(x), *states[1:]), result

    def last(self, state):
        return jax.tree.map(lambda x: x[-1], state)

    def observe(self, context, state):
        return self.inner.observe(context, self.last(state))

    def observe_step(self, context, state):
        return jax.vmap(lambda one: self.inner.observe(context, one))(state)

    def grow(self, factor):
        return Bundled(self.inner.grow(factor), self.dt)


def bundled(inner):
    return Bundled(inner, inner.dt)


def test_every_frame_is_recorded():
    one, three = Doubling(), bundled(Doubling())
    plain, found = (rollout(each, ONE, num_steps=6) for each in (one, three))
    np.testing.assert_array_equal(found.frames, plain.frames)
    assert float(found.initial) == 1 and found.final[-1] == plain.final
    # It goes on from there, frame by frame as before.
    context, _ = three.init(ONE)
    np.testing.assert_array_equal(three.observe_step(context, found.final), [16, 32, 64])
    assert float(three.observe(context, found.final)) == 64
    np.testing.assert_array_equal(one.observe_step(*one.init(ONE)), [1])


@pytest.mark.parametrize(
    ("simulator", "result"),
    [(Doubling(most=5.0), RESULTS.capacity_exceeded), (Doubling(broken=4.0), 2)],
)
def test_a_failure_in_the_middle_of_a_step_is_one(simulator, result):
    assert int(rollout(bundled(simulator), ONE, num_steps=3, throw=False).result) == result


def evaluated(simulator, adjoint):
    problem = Problem(toy.throw(9), simulator, adjoint)
    latent = 0.3 + problem.task.space.initial()
    return eqx.filter_jit(lambda p, x: p.evaluate(x, order=1))(problem, latent)


@pytest.fixture(name="plain", scope="module")
def _plain():
    return evaluated(toy.Spring(), DirectAdjoint())


@pytest.mark.parametrize(
    "adjoint",
    [
        DirectAdjoint(),
        CheckpointAdjoint(segment=1),
        CheckpointAdjoint(segment=2),
        TruncatedAdjoint(window=9),
        ClippedAdjoint(limit=1e6),
    ],
    ids=lambda adjoint: f"{type(adjoint).__name__}-{getattr(adjoint, 'segment', '')}",
)
def test_value_and_gradient_are_those_of_single_frames(plain, adjoint):
    found = evaluated(bundled(toy.Spring()), adjoint)
    np.testing.assert_allclose(found.value, plain.value, rtol=1e-5)
    np.testing.assert_allclose(found.grad, plain.grad, rtol=1e-5)


def test_an_adjoint_counts_steps_and_not_frames():
    @eqx.filter_jit
    @jax.grad
    def slope(start, adjoint, num_steps):
        simulator = bundled(Doubling())
        return rollout(simulator, start, num_steps=num_steps, adjoint=adjoint).frames[-1]

    # One step of three frames is within a window of one; a second step is cut off.
    slopes = [slope(ONE, TruncatedAdjoint(window=1), steps) for steps in (3, 6)]
    assert slopes == [8, 0]


def test_a_reference_plays_every_frame():
    scene = toy.Ball(jnp.asarray([0.5, 0.0]))
    one, three = (
        Simulated(each).trajectories([scene], num_steps=6)[0]
        for each in (toy.Spring(), bundled(toy.Spring()))
    )
    np.testing.assert_allclose(three.frames.ball, one.frames.ball, rtol=1e-6)


def test_half_a_step_is_refused():
    with pytest.raises(ValueError, match=r"`Bundled`, which makes 3 frames a step.*got 4"):
        rollout(bundled(Doubling()), ONE, num_steps=4)
    with pytest.raises(ValueError, match="`throw` needs whole steps of `Bundled`"):
        Problem(toy.throw(8), bundled(toy.Spring()))


def test_gradcheck_says_that_it_looks_at_single_frames():
    three = bundled(Doubling())
    with pytest.raises(ValueError, match="a step of `Bundled` makes 3 of them"):
        Recorded(three, three.init(ONE)[1], jnp.asarray(True), jnp.asarray(0), three.dt)
