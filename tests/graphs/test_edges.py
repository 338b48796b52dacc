"""Gather and segment sum against plain indexing, under every transformation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.graphs import EdgeList, gather, segment_sum

NODES, EDGES, WIDTH, BATCH = 5, 11, 3, 4


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    index = jnp.asarray(rng.integers(0, NODES, (BATCH, EDGES)), jnp.int32)
    rows = jnp.asarray(rng.normal(size=(BATCH, NODES, WIDTH)), jnp.float32)
    values = jnp.asarray(rng.normal(size=(BATCH, EDGES, WIDTH)), jnp.float32)
    return index, rows, values


def ours(index, rows, values):
    taken = gather(rows, index)
    return segment_sum(jnp.sin(taken) * values, index, rows)


def plain(index, rows, values):
    taken = rows[index]
    return jnp.zeros_like(rows).at[index].add(jnp.sin(taken) * values)


def total(function, index, rows, values):
    weight = jnp.arange(1.0, 1 + WIDTH)[None]
    return jnp.sum(weight * function(index, rows, values) ** 2)


def test_values(inputs):
    single = [x[0] for x in inputs]
    np.testing.assert_allclose(ours(*single), plain(*single), rtol=1e-6)
    np.testing.assert_allclose(jax.jit(ours)(*single), plain(*single), rtol=1e-6)


@pytest.mark.parametrize("in_axes", [(0, 0, 0), (None, 0, 0), (0, None, 0), (0, 0, None)])
def test_vmap_is_a_loop(inputs, in_axes):
    arguments = [x if axis == 0 else x[0] for x, axis in zip(inputs, in_axes, strict=True)]
    batched = jax.jit(jax.vmap(ours, in_axes=in_axes))(*arguments)
    for member in range(BATCH):
        own = [x[member] if axis == 0 else x for x, axis in zip(arguments, in_axes, strict=True)]
        np.testing.assert_allclose(batched[member], plain(*own), rtol=1e-6, atol=1e-6)


def test_vmap_of_vmap(inputs):
    twice = [jnp.stack([x, x[::-1]]) for x in inputs]
    batched = jax.jit(jax.vmap(jax.vmap(ours)))(*twice)
    np.testing.assert_allclose(batched[0], jax.vmap(plain)(*inputs), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(batched[1], batched[0][::-1], rtol=1e-6, atol=1e-6)


def gradients(function, kind):
    single = jax.grad(lambda i, r, v: total(function, i, r, v), argnums=(1, 2))
    if kind == "vmap of grad":
        return jax.vmap(single)
    batched = jax.vmap(lambda i, r, v: total(function, i, r, v))
    return jax.grad(lambda i, r, v: batched(i, r, v).sum(), argnums=(1, 2))


@pytest.mark.parametrize("kind", ["vmap of grad", "grad of vmap"])
@pytest.mark.parametrize("jit", [False, True])
def test_gradients(inputs, kind, jit):
    mine, theirs = gradients(ours, kind), gradients(plain, kind)
    mine = jax.jit(mine) if jit else mine
    for a, b in zip(mine(*inputs), theirs(*inputs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_edge_list_reads_and_sums_at_its_ends(inputs):
    index, rows, values = (x[0] for x in inputs)
    edges = EdgeList(senders=index, receivers=jnp.sort(index), mask=jnp.ones(EDGES, bool))
    np.testing.assert_array_equal(edges.at_senders(rows), rows[index])
    np.testing.assert_array_equal(edges.at_receivers(rows), rows[jnp.sort(index)])
    sums = np.zeros((NODES, WIDTH), np.float32)
    np.add.at(sums, np.sort(index), np.asarray(values))
    np.testing.assert_allclose(edges.sum_at_receivers(values, NODES), sums, rtol=1e-5, atol=1e-6)
