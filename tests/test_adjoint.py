"""Adjoints: the same values and gradients, at different cost; what truncation cuts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._adjoint import (
    CheckpointAdjoint,
    ClippedAdjoint,
    DirectAdjoint,
    Recomputing,
    TruncatedAdjoint,
)

EXACT = {
    "every step": CheckpointAdjoint(segment=1),
    "square root": CheckpointAdjoint(),
    "segments of three": CheckpointAdjoint(segment=3),
    "one segment": CheckpointAdjoint(segment=100),
    "window as long as the horizon": TruncatedAdjoint(100),
    "a limit never reached": ClippedAdjoint(1e6),
}
LENGTHS = (1, 2, 7, 9)


def unroll(adjoint, design, start, length):
    """A damped pendulum whose restoring force is the design."""

    def body(carry):
        angle, speed, count = carry
        speed = 0.95 * speed - 0.3 * design[0] * jnp.sin(angle) + 0.1 * design[1]
        angle = angle + 0.3 * speed
        return (angle, speed, count + 1), angle

    return adjoint.scan(body, (*start, jnp.asarray(0, jnp.int32)), length)


def value(adjoint, design, start, length):
    (angle, speed, _), angles = unroll(adjoint, design, start, length)
    return angle**2 + speed + jnp.sum(jnp.cos(angles) * jnp.arange(1.0, 1 + length))


DESIGN = jnp.asarray([1.3, -0.4])
START = (jnp.asarray(0.7), jnp.asarray(0.2))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", EXACT)
def test_agrees_with_direct(name, length):
    def both(adjoint):
        function = jax.value_and_grad(value, argnums=(1, 2))
        return jax.jit(lambda d, s: function(adjoint, d, s, length))(DESIGN, START)

    for ours, theirs in zip(
        jax.tree.leaves(both(EXACT[name])), jax.tree.leaves(both(DirectAdjoint())), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", EXACT)
def test_stacks_what_each_step_leaves(name):
    (angle, _, count), angles = unroll(EXACT[name], DESIGN, START, 7)
    assert angles.shape == (7,) and int(count) == 7
    np.testing.assert_array_equal(angles[-1], angle)


def test_direct_agrees_with_finite_differences():
    length, step = 9, 1e-2
    grad = jax.grad(value, argnums=1)(DirectAdjoint(), DESIGN, START, length)
    for axis in range(2):
        unit = step * jnp.eye(2)[axis]
        up, down = (value(DirectAdjoint(), DESIGN + s * unit, START, length) for s in (1, -1))
        np.testing.assert_allclose(grad[axis], (up - down) / (2 * step), rtol=2e-3)


def geometric(adjoint, length):
    """Gradients of $x_T$, $x_{t+1} = x_t / 2 + b$, by $b$ and by $x_0$."""

    def last(b, x):
        return adjoint.scan(lambda c: (0.5 * c + b, None), x, length)[0]

    return jax.grad(last, argnums=(0, 1))(jnp.asarray(1.0), jnp.asarray(3.0))


@pytest.mark.parametrize("window", [1, 2, 3, 5])
def test_truncation_keeps_the_design_and_cuts_the_state(window):
    length = 8
    seen = length - (length - 1) // window * window  # steps since the last cut
    by_design, by_start = geometric(TruncatedAdjoint(window), length)
    np.testing.assert_allclose(by_design, sum(0.5**k for k in range(seen)), rtol=1e-6)
    assert float(by_start) == 0


def test_without_truncation_the_sum_is_whole():
    for adjoint in (TruncatedAdjoint(8), TruncatedAdjoint(9), DirectAdjoint()):
        by_design, by_start = geometric(adjoint, 8)
        np.testing.assert_allclose(by_design, sum(0.5**k for k in range(8)), rtol=1e-6)
        np.testing.assert_allclose(by_start, 0.5**8, rtol=1e-6)


def temporary(adjoint, *, kind=lambda body: body):
    """Bytes of the gradient of 64 steps of eight products each."""

    def value(m):
        def body(x):
            for _ in range(8):
                x = jnp.sin(x @ m)
            return x, None

        return jnp.sum(adjoint.scan(kind(body), jnp.ones((256, 64)), 64)[0])

    program = jax.jit(jax.grad(value)).lower(jnp.eye(64)).compile()
    return program.memory_analysis().temp_size_in_bytes


def test_checkpointing_takes_less_memory_than_storing_everything():
    direct = temporary(DirectAdjoint())
    assert temporary(CheckpointAdjoint(segment=1)) < direct / 3
    assert temporary(CheckpointAdjoint()) < direct / 3


@pytest.mark.parametrize("name", ["every step", "a limit never reached"])
def test_a_body_that_recomputes_by_itself_is_left_be(name):
    # Here it says so and does not: all it makes is kept.
    assert temporary(EXACT[name], kind=Recomputing) > 0.9 * temporary(DirectAdjoint())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CheckpointAdjoint(segment=0), "segment >= 1 or None, got 0"),
        (lambda: TruncatedAdjoint(0), "window >= 1, got 0"),
        (lambda: ClippedAdjoint(0.0), "limit > 0, got 0"),
    ],
)
def test_sizes_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
