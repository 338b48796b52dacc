"""The loop around a simulator: what is kept, and how failures come out."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._results import RESULTS, as_code
from invdesign._rollout import rollout
from invdesign._simulator import AbstractSimulator


class Doubling(AbstractSimulator):
    """Doubles a number; says so when it would exceed `most`, breaks where it meets `broken`."""

    most: float = 1e9
    broken: float = -1.0
    dt: float = 0.5

    def init(self, scene):
        return None, scene

    def step(self, context, state):
        state = jnp.where(state == self.broken, jnp.nan, 2 * state)
        over = state > self.most
        return state, jnp.where(
            over, as_code(RESULTS.capacity_exceeded), as_code(RESULTS.successful)
        )

    def observe(self, context, state):
        return state

    def grow(self, factor):
        return Doubling(self.most * factor)


ONE = jnp.asarray(1.0)


def test_keeps_first_frames_and_last_state():
    trajectory = rollout(Doubling(), ONE, num_steps=4)
    assert float(trajectory.initial) == 1
    np.testing.assert_array_equal(trajectory.frames, [2, 4, 8, 16])
    assert float(trajectory.final) == 16 and int(trajectory.result) == 0


def test_goes_on_from_a_final_state():
    first = rollout(Doubling(), ONE, num_steps=2)
    np.testing.assert_array_equal(rollout(Doubling(), first.final, num_steps=2).frames, [8, 16])


def test_a_failure_is_raised_with_its_reason():
    with pytest.raises(RuntimeError, match="outgrew its static capacity"):
        rollout(Doubling(most=5.0), ONE, num_steps=4)
    with pytest.raises(RuntimeError, match="became non-finite"):
        rollout(Doubling(broken=4.0), ONE, num_steps=4)


@pytest.mark.parametrize(
    ("simulator", "result"),
    [
        # The first failure is the one that counts.
        (Doubling(most=5.0, broken=8.0), RESULTS.capacity_exceeded),
        (Doubling(most=20.0, broken=4.0), RESULTS.nonfinite_state),
    ],
)
def test_inside_a_transformation_the_code_says_what_happened(simulator, result):
    run = eqx.filter_jit(lambda s, x: rollout(s, x, num_steps=6))
    assert int(run(simulator, ONE).result) == result
    assert int(rollout(simulator, ONE, num_steps=6, throw=False).result) == result


def test_a_batch_keeps_a_code_each():
    starts = jnp.asarray([1.0, 3.0])
    trajectory = jax.vmap(lambda x: rollout(Doubling(most=10.0), x, num_steps=2))(starts)
    np.testing.assert_array_equal(trajectory.result, [0, RESULTS.capacity_exceeded])


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="num_steps >= 1, got 0"):
        rollout(Doubling(), ONE, num_steps=0)
