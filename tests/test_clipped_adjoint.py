"""Clipping the way back: exact where nothing grows, bounded where everything does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import CheckpointAdjoint, ClippedAdjoint


def final(push, adjoint, gain, length=30):
    def body(carry):
        position, count = carry
        position = gain * position + push[None]
        return (position, count + 1), position

    start = (jnp.ones((4, 2)), jnp.asarray(0, jnp.int32))
    (position, count), _ = adjoint.scan(body, start, length)
    return position.mean() + 0.0 * count.astype(position.dtype)


@pytest.mark.parametrize("gain", [0.5, 0.95])
def test_exact_where_cotangents_stay_short(gain):
    push = jnp.asarray([0.3, -0.2])
    exact = jax.grad(final)(push, CheckpointAdjoint(segment=1), gain)
    clipped = jax.grad(final)(push, ClippedAdjoint(limit=1.0), gain)
    np.testing.assert_allclose(clipped, exact, rtol=1e-6)


def test_bounded_where_the_exact_gradient_explodes():
    push = jnp.asarray([0.3, -0.2])
    exact = jax.grad(final)(push, CheckpointAdjoint(segment=1), 2.0)
    clipped = jax.grad(final)(push, ClippedAdjoint(limit=0.5), 2.0)
    assert jnp.linalg.norm(exact) > 1e8
    # Thirty steps, four particles, at most 0.5 a particle and step.
    assert 0.1 < jnp.linalg.norm(clipped) <= 30 * 4 * 0.5
    cosine = exact @ clipped / jnp.linalg.norm(exact) / jnp.linalg.norm(clipped)
    assert cosine > 0.999


@pytest.mark.parametrize("limit", [0.2, 0.5, 3.0])
def test_what_a_step_passes_on_is_shortened_to_the_limit(limit):
    cotangent, expected = np.full((4, 2), 1 / 8), np.zeros(2)
    for _ in range(30):
        expected += cotangent.sum(axis=0)
        length = np.linalg.norm(2.0 * cotangent, axis=1, keepdims=True)
        cotangent = 2.0 * cotangent * np.minimum(1.0, limit / length)
    found = jax.grad(final)(jnp.asarray([0.3, -0.2]), ClippedAdjoint(limit=limit), 2.0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_needs_a_positive_limit():
    with pytest.raises(ValueError, match="limit > 0, got 0"):
        ClippedAdjoint(limit=0.0)
