"""Functions of edges in blocks against the same functions of all slots at once."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.nn import map_edges

# Several blocks of which the last ones are empty, no edge at all, and a single block.
SIZES = [(40, 1000, 2304), (20, 0, 64), (20, 60, 61)]


def function(shared, graph, rows):
    """A pair of outputs, and what is summed, that read everything there is."""
    matrix, nodes = shared
    edges, weight = rows
    difference = graph.at_receivers(nodes) - graph.at_senders(nodes)
    kept = jnp.tanh(edges @ matrix) * difference
    return (kept, kept.sum(axis=1)), weight[:, None, None] * kept.reshape(-1, 2, 4)


def in_blocks(shared, graph, rows, num_nodes):
    return map_edges(function, shared, graph, rows, num_nodes)


def at_once(shared, graph, rows, num_nodes):
    kept, summed = function(shared, graph, rows)
    return kept, jnp.zeros((num_nodes, 2, 4)).at[graph.receivers].add(summed)


def scalar(moving, graph, call):
    shared, (edges, weight) = moving
    weight = jnp.where(graph.mask, weight, 0.0)
    kept, sums = call(shared, graph, (edges, weight), shared[1].shape[0])
    # The reverse pass is that of all outputs, or of some.
    return jnp.sum(sums**3) + jnp.sum(jnp.where(graph.mask[:, None], kept[0] ** 2, 0.0))


@pytest.fixture(params=SIZES)
def given(request, make_graph):
    graph, weight, nodes, edges = make_graph(*request.param, 8)
    matrix = jax.random.normal(jax.random.key(0), (8, 8))
    return ((matrix, nodes), (edges, weight)), graph


def assert_close(ours, theirs):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        scale = max(float(jnp.abs(b).max(initial=0.0)), 1e-3)
        np.testing.assert_allclose(a / scale, b / scale, atol=2e-6)


def test_outputs_are_those_of_all_slots_at_once(given):
    (shared, rows), graph = given
    num_nodes = shared[1].shape[0]
    ours, sums = eqx.filter_jit(in_blocks)(shared, graph, rows, num_nodes)
    kept, theirs = at_once(shared, graph, rows, num_nodes)
    assert_close(sums, theirs)
    real = np.asarray(graph.mask)
    assert_close([x[real] for x in ours], [x[real] for x in kept])


def test_gradients_are_those_of_all_slots_at_once(given):
    moving, graph = given
    ours = eqx.filter_jit(jax.grad(scalar))(moving, graph, in_blocks)
    theirs = jax.grad(scalar)(moving, graph, at_once)
    real = graph.mask[:, None]
    for gradient in (ours, theirs):  # nothing depends on the empty slots
        assert float(jnp.abs(jnp.where(real, 0.0, gradient[1][0])).max()) == 0.0
    assert_close(ours, theirs)


def test_batches_of_graphs_with_different_numbers_of_edges(make_graph):
    matrix = jax.random.normal(jax.random.key(0), (8, 8))
    members = []
    for count in (1700, 300, 2304):
        graph, weight, nodes, edges = make_graph(40, count, 2304, 8, seed=count)
        members.append((((matrix, nodes), (edges, weight)), graph))
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *members)
    ours = jax.jit(jax.vmap(lambda m, g: jax.grad(scalar)(m, g, in_blocks)))(*stacked)
    for index, (moving, graph) in enumerate(members):
        theirs = jax.grad(scalar)(moving, graph, at_once)
        assert_close(jax.tree.map(lambda x, i=index: x[i], ours), theirs)
