"""Stepping on the surrogate is a plain Optimistix run, evaluation for evaluation."""

import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
import pytest

from invdesign.optimizers import BFGS, LBFGS

START = (-1.2, 1.0, 0.5)
SOLVERS = {
    "BFGS": (BFGS(), optx.BFGS(1e-5, 1e-5)),
    "LBFGS": (LBFGS(history_length=4), optx.LBFGS(1e-5, 1e-5, history_length=4)),
}


def objective(latent, args=None):
    x, y, z = latent
    return (1.0 - x) ** 2 + 5.0 * (y - x**2) ** 2 + 2.0 * (z - y) ** 2


def test_optimistix_still_evaluates_at_y_eval():
    """The surrogate rests on this field; a release that renames it has to fail here."""
    solver, struct = optx.BFGS(1e-5, 1e-5), jax.ShapeDtypeStruct((), jnp.float32)
    seen = []

    def fn(y, args):
        jax.debug.callback(lambda y: seen.append(np.asarray(y)), y)
        return objective(y), None

    y = jnp.asarray(START)
    state = solver.init(fn, y, None, {}, struct, None, frozenset())
    for _ in range(4):
        asked = np.asarray(state.y_eval)
        y, state, _ = solver.step(fn, y, None, {}, state, frozenset())
        jax.effects_barrier()
        np.testing.assert_array_equal(seen.pop(), asked)
    assert not seen


@pytest.mark.parametrize("name", SOLVERS)
def test_counts_and_result_match_a_plain_run(loop, name):
    with jax.enable_x64(True):
        optimizer, solver = SOLVERS[name]
        start = jnp.asarray(START, float)
        with jax.numpy_dtype_promotion("standard"):
            solution = optx.minimise(objective, solver, start, max_steps=300)
        asked, values, state = loop(optimizer, objective, start, 300)
        assert optimizer.done(state)
        assert len(asked) == int(solution.stats["num_steps"]) > 10
        np.testing.assert_allclose(state.accepted, solution.value, rtol=1e-9)
        # The line search rejects some of the points it tries.
        assert (np.diff(values[:, 0]) > 0).any()
        assert float(values[-1, 0]) < 1e-8


@pytest.mark.parametrize("name", SOLVERS)
def test_the_line_search_backs_off_from_a_failed_region(evaluation_of, name):
    optimizer = SOLVERS[name][0]
    key = jax.random.key(0)
    state = optimizer.init(jnp.zeros(3), key=key)
    state = optimizer.tell(state, jnp.zeros((1, 3)), evaluation_of([1.0], [[2.0, 0.0, 0.0]]))
    lengths = []
    for bad in (np.inf, np.nan, np.inf):
        latents = optimizer.ask(state, key=key)
        lengths.append(float(jnp.linalg.norm(latents)))
        state = optimizer.tell(state, latents, evaluation_of([bad], [[bad, 0.0, 0.0]]))
        np.testing.assert_array_equal(state.accepted, np.zeros(3))
    np.testing.assert_allclose(lengths, [2.0, 1.0, 0.5], rtol=1e-6)


def test_first_step_sets_the_length_of_the_first_step_only(loop):
    asked, values, state = loop(BFGS(first_step=0.25), objective, jnp.asarray(START), 300)
    assert float(jnp.linalg.norm(asked[1, 0] - asked[0, 0])) == pytest.approx(0.25, rel=1e-5)
    assert float(values.min()) < 1e-6
    norm = jnp.linalg.norm(jax.grad(objective)(jnp.asarray(START)))
    assert float(state.factor) == pytest.approx(0.25 / float(norm), rel=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BFGS(rtol=0.0), "rtol > 0, got 0"),
        (lambda: LBFGS(first_step=-0.1), "first_step > 0 or None, got -0.1"),
        (lambda: LBFGS(history_length=0), "history_length >= 1, got 0"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
