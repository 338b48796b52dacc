"""Neighbor search against a tree, its overflow, and its growth."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial import cKDTree

from invdesign import RESULTS
from invdesign.graphs import ObstacleGraph, RadiusGraph
from invdesign.graphs._connectivity import _ALL_PAIRS
from invdesign.graphs._pairs import list_pairs

RADIUS = 0.03
FEW, MANY = 60, _ALL_PAIRS + 100
OVERFLOW = RESULTS.capacity_exceeded.value


def cloud(number, dim=2, seed=0, density=14.0):
    """Points with about `density` neighbors each; some coincide with others."""
    volume = {2: np.pi, 3: 4 / 3 * np.pi}[dim] * RADIUS**dim
    side = (number * volume / density) ** (1 / dim)
    points = np.random.default_rng(seed).uniform(-0.5, side - 0.5, (number, dim))
    points[1] = points[0]
    return jnp.asarray(points, jnp.float32)


def expected(points):
    """Pairs closer than the radius; apart from those on the edge of it in float32."""
    return cKDTree(points).query_pairs(RADIUS, output_type="set")


@eqx.filter_jit
def find(graph, points):
    return graph(points)


def pairs(edges):
    """Real edges as `(receiver, sender)`, checked to fill slots from the front and to ascend."""
    mask = np.asarray(edges.mask)
    assert (np.flatnonzero(mask) == np.arange(mask.sum())).all()
    receivers, senders = np.asarray(edges.receivers), np.asarray(edges.senders)
    assert (np.diff(receivers) >= 0).all()
    return list(zip(receivers[mask].tolist(), senders[mask].tolist(), strict=True))


@pytest.mark.parametrize("number", [1, 2, FEW, _ALL_PAIRS, MANY])
@pytest.mark.parametrize("dim", [2, 3])
def test_finds_what_a_tree_finds(number, dim):
    points = cloud(max(number, 2), dim)[:number]
    edges, code = find(RadiusGraph(RADIUS, 40.0), points)
    found = pairs(edges)
    assert int(code) == 0
    assert len(found) == len(set(found))
    assert set(found) == {p for i, j in expected(np.asarray(points)) for p in ((i, j), (j, i))}


@pytest.mark.parametrize("number", [FEW, MANY])
def test_every_index_is_valid_even_in_empty_slots(number):
    edges, _ = find(RadiusGraph(RADIUS, 40.0), cloud(number))
    assert not bool(edges.mask.all())
    for index in (edges.senders, edges.receivers):
        assert int(index.min()) >= 0
        assert int(index.max()) < number


@pytest.mark.parametrize("number", [FEW, MANY])
def test_too_small_a_capacity_is_reported_and_growth_keeps_the_order(number):
    points = cloud(number)
    small = RadiusGraph(RADIUS, 5.0)
    edges, code = find(small, points)
    assert int(code) == OVERFLOW
    assert bool(edges.mask.all())
    large = small.grow(8)  # the capacity of the tests above
    complete, code = find(large, points)
    assert int(code) == 0
    again, _ = find(large.grow(2), points)
    assert pairs(again) == pairs(complete)
    assert pairs(edges) == pairs(complete)[: len(edges.mask)]


def test_a_crowd_in_few_cells_is_reported():
    # The list of edges would have room for these, the cells have not.
    points = np.array(cloud(20 * MANY, density=0.01)[:MANY])
    points[:100] = points[0] + np.random.default_rng(0).uniform(0, RADIUS / 9, (100, 2))
    graph = RadiusGraph(RADIUS, 8.0)
    assert int(find(graph, jnp.asarray(points))[1]) == OVERFLOW
    edges, code = find(graph.grow(5), jnp.asarray(points))
    assert int(code) == 0
    assert len(pairs(edges)) >= 100 * 99


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_points_gone_astray_are_no_overflow(bad):
    points = cloud(MANY).at[3].set(bad)
    edges, code = find(RadiusGraph(RADIUS, 40.0), points)
    if np.isfinite(bad):
        assert int(code) == OVERFLOW or 3 not in {i for pair in pairs(edges) for i in pair}
    else:
        assert int(code) == 0


@pytest.mark.parametrize("number", [FEW, MANY])
def test_vmap_is_a_loop(number):
    batch = jnp.stack([cloud(number, seed=seed) for seed in range(3)])
    graph = RadiusGraph(RADIUS, 40.0)
    edges, codes = jax.jit(jax.vmap(graph))(batch)
    for member in range(3):
        own, code = find(graph, batch[member])
        assert int(codes[member]) == int(code)
        jax.tree.map(lambda a, b, m=member: np.testing.assert_array_equal(a[m], b), edges, own)


def test_carries_no_gradient():
    def value(points):
        edges, _ = find(RadiusGraph(RADIUS, 20.0), points)
        return jnp.sum(points[edges.senders] ** 2)

    def plain(points, edges):
        return jnp.sum(points[edges.senders] ** 2)

    points = cloud(FEW)
    edges, _ = find(RadiusGraph(RADIUS, 20.0), points)
    np.testing.assert_array_equal(jax.grad(value)(points), jax.grad(plain)(points, edges))


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (4, 32), (9, 100)])
@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_pairs_are_the_true_entries_row_by_row(shape, share):
    near = np.random.default_rng(0).uniform(size=shape) < share
    capacity = shape[0] * shape[1] + 3
    edges, total = jax.jit(list_pairs, static_argnums=1)(jnp.asarray(near), capacity)
    assert int(total) == near.sum()
    assert pairs(edges) == list(map(tuple, np.argwhere(near).tolist()))


def test_obstacles_near_a_point():
    gap = jnp.asarray([[0.05, -0.01, 0.02], [0.05, 0.06, 0.07], [0.0, 0.05, 0.1]])
    edges, code = ObstacleGraph(0.04, 2.0)(gap)
    assert int(code) == 0
    assert pairs(edges) == [(0, 1), (0, 2), (2, 0)]
    assert int(ObstacleGraph(0.04, 0.5)(gap)[1]) == OVERFLOW
