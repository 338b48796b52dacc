"""Edges of the world: what is near without being joined, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS
from invdesign.graphs import RadiusGraph, WorldGraph
from invdesign.graphs._world import both_ways

RADIUS = 0.3


def written_plainly(position, pairs, is_free):
    joined = {(int(a), int(b)) for a, b in pairs} | {(int(b), int(a)) for a, b in pairs}
    return {
        (i, j)
        for i in range(len(position))
        for j in range(len(position))
        if i != j
        and np.linalg.norm(position[i] - position[j]) < RADIUS
        and (j, i) not in joined
        and (is_free[i] or is_free[j])
    }


@pytest.fixture
def crowd():
    rng = np.random.default_rng(0)
    position = rng.uniform(0, 1, (30, 2)).astype(np.float32)
    pairs = np.array([(i, j) for i in range(30) for j in range(i) if rng.random() < 0.2], np.int32)
    return position, np.concatenate([pairs, [[29, 29]]]).astype(np.int32), rng.random(30) < 0.6


def test_a_mesh_goes_both_ways_by_receiver(crowd):
    _, pairs, _ = crowd
    mesh = both_ways(jnp.asarray(pairs))
    found = sorted(zip(mesh.receivers.tolist(), mesh.senders.tolist(), strict=True))
    assert found == list(zip(mesh.receivers.tolist(), mesh.senders.tolist(), strict=True))
    assert found == sorted([tuple(p) for p in pairs.tolist()] + [tuple(p[::-1]) for p in pairs])
    assert int(mesh.mask.sum()) == len(found) - 2  # a node joined to itself is no edge


@pytest.mark.parametrize("all_joined", [False, True])
def test_the_edges_are_those_written_plainly(crowd, all_joined):
    position, pairs, is_free = crowd
    pairs = pairs if all_joined else pairs[:0]
    graph = WorldGraph(RadiusGraph(RADIUS, 12.0))
    edges, code = jax.jit(graph)(
        jnp.asarray(position), both_ways(jnp.asarray(pairs)), jnp.asarray(is_free)
    )
    number = int(edges.mask.sum())
    found = zip(edges.receivers[:number].tolist(), edges.senders[:number].tolist(), strict=True)
    assert int(code) == 0
    assert bool(edges.mask[:number].all())  # filled from the front
    assert bool((jnp.diff(edges.receivers[:number]) >= 0).all())
    assert set(found) == written_plainly(position, pairs, is_free)


def test_too_little_room_is_said_and_grown(crowd):
    position, pairs, is_free = map(jnp.asarray, crowd)
    small = WorldGraph(RadiusGraph(RADIUS, 1.0))
    _, code = small(position, both_ways(pairs), is_free)
    assert int(code) == RESULTS.capacity_exceeded
    edges, code = small.grow(12.0)(position, both_ways(pairs), is_free)
    assert int(code) == 0 and isinstance(small.grow(2.0), WorldGraph)
    assert int(edges.mask.sum()) == len(written_plainly(*crowd))


def test_more_nodes_than_pairs_can_be_numbered_are_refused():
    mesh = both_ways(jnp.asarray([[0, 1]], jnp.int32))
    graph = WorldGraph(RadiusGraph(0.1, 1.0))
    with pytest.raises(ValueError, match="at most 46340 nodes"):
        jax.eval_shape(graph, jnp.zeros((50_000, 2)), mesh, jnp.ones(50_000, bool))
