"""Closest points, and what keeps particles out of capsules."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import lsq_linear

from invdesign._contact import Contact
from invdesign._geometry import (
    closest_approach,
    closest_points,
    from_own_segment,
    signed_distances,
)
from invdesign.scenes._capsules import Capsules

RADIUS = 0.015


def contact_of(segments, radius):
    return Contact(Capsules(segments=segments, thickness=radius), softness=0.0025, margin=0.0)


def test_a_segment_of_ones_own_is_the_same_as_one_of_all():
    draw = np.random.default_rng(0)
    points, segments = draw.random((30, 2)), draw.random((7, 2, 2))
    segments[3, 1] = segments[3, 0]  # of length zero
    which = draw.integers(7, size=30)
    delta, distance = closest_points(jnp.asarray(points), jnp.asarray(segments))
    own_delta, own_distance = from_own_segment(jnp.asarray(points), jnp.asarray(segments[which]))
    np.testing.assert_allclose(own_delta, delta[np.arange(30), which], atol=1e-7)
    np.testing.assert_allclose(own_distance, distance[np.arange(30), which], atol=1e-7)


def test_distances_of_segments_are_those_of_a_numerical_search():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0, 1, (6, 2, 2)), rng.uniform(0, 1, (4, 2, 2))
    ours = np.asarray(signed_distances(jnp.asarray(first), jnp.asarray(second)))

    def distance(one, other):
        """Least squares between bounds: where on the two segments points are closest."""
        slopes = np.stack([one[1] - one[0], other[0] - other[1]], axis=1)
        found = lsq_linear(slopes, other[0] - one[0], bounds=(0, 1), method="bvls")
        return np.linalg.norm(found.fun)

    exact = np.array([[distance(a, b) for b in second] for a in first])
    np.testing.assert_allclose(np.maximum(ours, 0.0), exact, atol=2e-3)
    assert 0 < (ours < 0).sum() < ours.size  # both kinds were seen
    back = signed_distances(jnp.asarray(second), jnp.asarray(first))
    np.testing.assert_allclose(ours, back.T, atol=1e-7)


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
    contact = contact_of(segments, jnp.full((2,), RADIUS))
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
    contact = contact_of(segments, jnp.full((1,), RADIUS))
    points = jnp.asarray([[0.1, 0.016], [0.15, 0.012], [0.205, 0.013], [0.21, 0.002], [0.1, 0.05]])
    weight = jnp.asarray(np.random.default_rng(0).normal(size=points.shape), points.dtype)
    part = jnp.full_like(points, -0.004)

    def moved(shift):
        return (weight * contact.move(points + shift[None], part, num_sweeps=2)).sum()

    step, slopes = 2e-4, []
    for axis in jnp.eye(2):
        slopes.append((moved(step * axis) - moved(-step * axis)) / (2 * step))
    np.testing.assert_allclose(jax.grad(moved)(jnp.zeros(2)), slopes, atol=5e-3)


@eqx.filter_jit
def jitted_move(contact, points, way, num_sweeps):
    return contact.move(points, way, num_sweeps=num_sweeps)


def closed_vessel(radius):
    """Seven thin walls around the origin, half a metre away."""
    angle = np.linspace(0, 2 * np.pi, 8)
    corners = 0.5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    segments = jnp.asarray(np.stack([corners[:-1], corners[1:]], axis=1), float)
    return contact_of(segments, jnp.full((7,), radius))


@pytest.mark.parametrize("radius", [1e-4, 2e-3, RADIUS])
def test_nothing_leaves_a_vessel_however_thin_its_walls_and_fast_its_content(radius):
    draw = np.random.default_rng(0)
    contact = closed_vessel(radius)
    points = jnp.asarray(draw.uniform(-0.2, 0.2, (200, 2)), float)
    for _ in range(20):
        way = jnp.asarray(draw.normal(size=(200, 2)), float)
        points = jitted_move(contact, points, way, 2)
        _, distance = closest_points(points, contact.obstacles.segments)
        assert float(distance.min()) > 0.5 * radius  # in a corner it may dip into the other wall
        assert float(jnp.linalg.norm(points, axis=1).max()) < 0.5
    assert float(distance.min(axis=1).max()) > 0.1  # not all of them stick to a wall


@pytest.mark.parametrize("radius", [1e-4, 1e-3, RADIUS])
def test_a_wall_slows_nothing_but_what_runs_into_it(radius):
    segments = jnp.asarray([[[0.0, -1.0], [0.0, 1.0]]])
    contact = contact_of(segments, jnp.asarray([radius]))
    points = jnp.asarray([[radius, 0.2], [0.3, 0.2], [0.3, 0.2], [-0.3, 0.2]])
    way = jnp.asarray([[0.0, -0.1], [0.0, -0.5], [-0.2, 0.1], [0.5, 0.1]])
    moved = jitted_move(contact, points, way, 5)
    np.testing.assert_allclose(moved[:3], points[:3] + way[:3], atol=1e-6)
    # Across the wall it stops, and along it goes on: walls slip.
    np.testing.assert_allclose(moved[3], [-radius, 0.3], atol=1e-5)


def test_thin_and_slow_are_the_same_contact():
    """What is held back ends where short parts would have taken it."""
    segments = jnp.asarray([[[0.0, 0.0], [0.2, 0.05]]])
    contact = contact_of(segments, jnp.asarray([2e-3]))
    draw = np.random.default_rng(1)
    points = jnp.asarray(draw.uniform([0.05, 0.05], [0.15, 0.08], (50, 2)), float)
    way = jnp.full_like(points, -0.03)
    fine = points
    for _ in range(20):
        fine = jitted_move(contact, fine, way / 20, 2)
    np.testing.assert_allclose(jitted_move(contact, points, way, 2), fine, atol=5e-4)
    assert float(jnp.abs(fine - points - way).max()) > 5e-3  # most met the wall


def test_what_is_held_back_is_differentiated_as_it_is():
    points = jnp.asarray([[0.1, 0.02], [0.15, 0.05], [0.3, 0.02], [-0.05, 0.03]])
    way = jnp.asarray([[0.01, -0.06], [-0.02, -0.1], [0.0, -0.06], [0.12, -0.05]])
    weight = jnp.asarray(np.random.default_rng(0).normal(size=points.shape), points.dtype)

    @jax.jit
    def moved(ends):
        contact = contact_of(ends[None], jnp.asarray([1e-3]))
        return (weight * contact.move(points, way, num_sweeps=3)).sum()

    ends, step = jnp.asarray([[0.0, 0.0], [0.2, 0.01]]), 1e-3
    slopes = [
        (moved(ends + step * unit) - moved(ends - step * unit)) / (2 * step)
        for unit in jnp.eye(4).reshape(4, 2, 2)
    ]
    gradient = jax.jit(jax.grad(moved))(ends).ravel()
    assert float(jnp.abs(gradient).max()) > 0.1
    np.testing.assert_allclose(gradient, slopes, atol=2e-2)


def test_a_batch_moves_as_each_of_it():
    contact = closed_vessel(1e-3)
    draw = np.random.default_rng(2)
    points = jnp.asarray(draw.uniform(-0.2, 0.2, (2, 30, 2)), float)
    way = jnp.asarray([[[1e-4]], [[0.8]]]) * jnp.asarray(draw.normal(size=(2, 30, 2)), float)

    together = jax.vmap(lambda x, d: jitted_move(contact, x, d, 2))(points, way)
    for one in range(2):  # the slow one, too, which alone takes the shorter way
        alone = jitted_move(contact, points[one], way[one], 2)
        np.testing.assert_allclose(together[one], alone, atol=1e-6)


def test_closest_approaches_are_those_of_many_points_on_the_way():
    draw = np.random.default_rng(3)
    points, way = draw.random((20, 2)), draw.normal(size=(20, 2))
    segments = draw.random((6, 2, 2))
    segments[1, 1] = segments[1, 0]  # of length zero
    way[0], way[1] = 0.0, segments[2, 1] - segments[2, 0]  # none, and a parallel one
    points, way, segments = (jnp.asarray(x, float) for x in (points, way, segments))
    when, distance = closest_approach(points, way, segments)
    tried = jax.jit(jax.vmap(lambda t: closest_points(points + t * way, segments)[1]))
    nearest = tried(jnp.linspace(0, 1, 2001)).min(axis=0)
    np.testing.assert_allclose(distance.T, nearest, atol=2e-3)
    assert float(jnp.min(when)) >= 0 and float(jnp.max(when)) <= 1
