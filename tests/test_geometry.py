"""Closest points, and what keeps particles out of capsules."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._geometry import CapsuleContact, closest_points, from_own_segment

RADIUS = 0.015


def test_a_segment_of_ones_own_is_the_same_as_one_of_all():
    draw = np.random.default_rng(0)
    points, segments = draw.random((30, 2)), draw.random((7, 2, 2))
    segments[3, 1] = segments[3, 0]  # of length zero
    which = draw.integers(7, size=30)
    delta, distance = closest_points(jnp.asarray(points), jnp.asarray(segments))
    own_delta, own_distance = from_own_segment(jnp.asarray(points), jnp.asarray(segments[which]))
    np.testing.assert_allclose(own_delta, delta[np.arange(30), which], atol=1e-7)
    np.testing.assert_allclose(own_distance, distance[np.arange(30), which], atol=1e-7)


def corner(angle):
    """Two capsules that meet at the origin, and points along the middle between them."""
    turn = np.array([[0.2, 0.0], [0.2 * np.cos(angle), 0.2 * np.sin(angle)]])
    segments = np.stack([np.zeros_like(turn), turn], axis=1)
    middle = np.array([np.cos(angle / 2), np.sin(angle / 2)])
    points = np.linspace(0.002, 0.03, 8)[:, None] * middle
    # A little nearer to the first, so that no point is in the middle exactly.
    return jnp.asarray(segments), jnp.asarray(points - np.array([0.0, 1e-4]))


@pytest.mark.parametrize("angle", [0.5, 1.2, 1.8, 2.6])
def test_points_leave_nooks(angle):
    """Narrow ones, too, where a push out of one leg is a push into the other."""
    segments, points = corner(angle)
    contact = CapsuleContact(segments, jnp.full((2,), RADIUS), softness=0.0025, margin=0.0)
    stuck = contact.move(points, jnp.zeros_like(points), num_sweeps=1)
    free = contact.leave_nooks(stuck)
    depth = [1 - closest_points(p, segments)[1].min(axis=1) / RADIUS for p in (stuck, free)]
    assert depth[0].max() > 0.1 and depth[1].max() <= 1e-3
    assert float(jnp.abs(free - stuck).max()) < 4 * RADIUS
    outside = points + 0.1
    np.testing.assert_array_equal(contact.leave_nooks(outside), outside)


def test_a_push_is_differentiated_as_it_is():
    """Points that slide along a capsule and round its end, none of them at a kink."""
    segments = jnp.asarray([[[0.0, 0.0], [0.2, 0.0]]])
    contact = CapsuleContact(segments, jnp.full((1,), RADIUS), softness=0.0025, margin=0.0)
    points = jnp.asarray([[0.1, 0.016], [0.15, 0.012], [0.205, 0.013], [0.21, 0.002], [0.1, 0.05]])
    weight = jnp.asarray(np.random.default_rng(0).normal(size=points.shape), points.dtype)
    part = jnp.full_like(points, -0.004)

    def moved(shift):
        return (weight * contact.move(points + shift[None], part, num_sweeps=2)).sum()

    step, slopes = 2e-4, []
    for axis in jnp.eye(2):
        slopes.append((moved(step * axis) - moved(-step * axis)) / (2 * step))
    np.testing.assert_allclose(jax.grad(moved)(jnp.zeros(2)), slopes, atol=5e-3)
