"""Closest points of a landscape: against trimesh, by differences, by its symmetries."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from jax.test_util import check_grads

from invdesign._contact import Contact
from invdesign.scenes import Landscape

NODES, REACH, POINTS = 9, 0.1, 400


@eqx.filter_jit
def closest(sheet, points):
    return sheet.closest(points)


@eqx.filter_jit
def height(sheet, flat):
    return sheet.height(flat)


@eqx.filter_jit
def moved_by(sheet, points, way, num_sweeps):
    contact = Contact(sheet, softness=0.0025, margin=0.0)
    return contact.move(points, way, num_sweeps=num_sweeps)


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def heights(seed=0, nodes=NODES):
    return 0.5 + 0.15 * np.tanh(np.random.default_rng(seed).normal(size=(nodes, nodes)))


def landscape(values=None, dtype=jnp.float64):
    values = jnp.asarray(heights() if values is None else values, dtype)
    return Landscape(values, (0.0, 0.0), (1.0, 1.0), 0.02, reach=REACH)


def mesh_of(values):
    """The same surface as a mesh, its triangles written down one by one."""
    count = len(values)
    line = np.linspace(0, 1, count)
    x, z = np.meshgrid(line, line, indexing="ij")
    faces = []
    for i in range(count - 1):
        for j in range(count - 1):
            a, b, c, d = (
                k * count + m for k, m in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            )
            faces += [(a, b, c), (a, c, d)] if (i + j) % 2 == 0 else [(a, b, d), (b, c, d)]
    vertices = np.stack([x, values, z], axis=-1).reshape(-1, 3)
    return trimesh.Trimesh(vertices, faces, process=False)


def around(number=POINTS, seed=1):
    """Points about the surface, some beyond its edges."""
    rng = np.random.default_rng(seed)
    flat = rng.uniform(-0.05, 1.05, (number, 2))
    return np.stack([flat[:, 0], rng.uniform(0.3, 0.7, number), flat[:, 1]], axis=1)


def test_closest_points_are_those_of_a_mesh_within_reach_and_no_nearer_beyond():
    points = around()
    triangles = mesh_of(heights()).triangles
    every = trimesh.triangles.closest_point(
        np.tile(triangles, (len(points), 1, 1)), np.repeat(points, len(triangles), axis=0)
    ).reshape(len(points), -1, 3)
    apart = np.linalg.norm(every - points[:, None], axis=2)
    close, expected = every[np.arange(len(points)), apart.argmin(axis=1)], apart.min(axis=1)
    delta, distance = closest(landscape(), jnp.asarray(points))
    within = expected < REACH
    assert 100 < within.sum() < len(points)
    np.testing.assert_allclose(distance[within], expected[within], atol=1e-9)
    found = np.asarray(points - delta)[within]
    np.testing.assert_allclose(found, close[within], atol=1e-6)
    assert (np.asarray(distance)[~within] >= expected[~within] - 1e-9).all()
    assert (np.asarray(distance)[~within] >= REACH).all()


def test_heights_are_those_of_the_same_triangles():
    flat = np.random.default_rng(2).uniform(0.0, 1.0, (POINTS, 2))
    level = np.asarray(height(landscape(), jnp.asarray(flat)))
    points = np.stack([flat[:, 0], level, flat[:, 1]], axis=1)
    np.testing.assert_allclose(closest(landscape(), jnp.asarray(points))[1], 0.0, atol=1e-9)


def test_distances_have_derivatives_by_points_and_heights():
    sheet, points = landscape(), jnp.asarray(around(30, seed=3))

    def total(values, points):
        body = Landscape(jnp.asarray(values), (0.0, 0.0), (1.0, 1.0), 0.02, reach=REACH)
        points = jnp.asarray(points)
        return jnp.sum(jnp.minimum(body.closest(points)[1], 0.09) ** 2)

    check_grads(jax.jit(total), (sheet.heights, points), order=1, modes=["rev"], rtol=1e-4)


@pytest.mark.parametrize("turn", ["mirror", "quarter"])
def test_a_mirrored_or_turned_landscape_mirrors_and_turns_its_closest_points(turn):
    def moved(points):
        x, y, z = points.T
        return np.stack([1 - x, y, z] if turn == "mirror" else [z, y, 1 - x], axis=1)

    values = heights()
    other = values[::-1] if turn == "mirror" else values[::-1].T
    points = around(seed=4)
    delta, distance = closest(landscape(), jnp.asarray(points))
    foot = moved(points - np.asarray(delta))
    delta, mirrored = closest(landscape(other), jnp.asarray(moved(points)))
    np.testing.assert_allclose(mirrored, distance, atol=1e-12)
    near = np.asarray(distance) < REACH
    np.testing.assert_allclose((moved(points) - np.asarray(delta))[near], foot[near], atol=1e-6)


def test_no_point_gets_through_however_fast_and_however_steep():
    values = 0.5 + 0.15 * (-1.0) ** np.add.outer(np.arange(NODES), np.arange(NODES))
    sheet = landscape(values, jnp.float32)  # slopes of 2.4
    rng = np.random.default_rng(5)
    flat = rng.uniform(0.1, 0.9, (300, 2))
    points = np.stack([flat[:, 0], np.full(300, 0.75), flat[:, 1]], axis=1)
    points = jnp.asarray(points, jnp.float32)
    way = np.stack(
        [rng.normal(0, 0.02, 300), rng.uniform(-0.6, -0.2, 300), rng.normal(0, 0.02, 300)]
    )
    moved = moved_by(sheet, points, jnp.asarray(way.T, jnp.float32), 12)
    above = moved[:, 1] - height(sheet, moved[:, np.array([0, 2])])
    flat = np.asarray(moved)[:, [0, 2]]
    over = ((flat > 0) & (flat < 1)).all(axis=1)  # some have run off the edge
    assert over.sum() > 250 and (above[over] > 0).all()


def test_water_falls_free_beyond_the_edge():
    sheet = landscape(dtype=jnp.float32)
    beyond = jnp.asarray([[1.03, 0.7, 0.5], [-0.04, 0.9, 0.2]], jnp.float32)
    way = jnp.asarray([[0.0, -0.6, 0.0]] * 2, jnp.float32)
    moved = moved_by(sheet, beyond, way, 8)
    np.testing.assert_allclose(moved, beyond + way, atol=1e-6)


@pytest.mark.parametrize(
    ("values", "lower", "match"),
    [
        (np.zeros((1, 5)), (0.0, 0.0), r"2 by 2 nodes, got shape \(1, 5\)"),
        (np.zeros((5, 5)), (0.0, 1.0), "lower < upper"),
    ],
)
def test_other_shapes_are_refused(values, lower, match):
    with pytest.raises(ValueError, match=match):
        Landscape(values, lower, (1.0, 1.0), 0.02)
