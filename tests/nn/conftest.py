"""Graphs with room to spare."""

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.graphs import EdgeList


@pytest.fixture
def make_graph():
    """Random graphs whose real edges come first, with garbage in the slots behind them."""

    def make(num_nodes, num_edges, num_slots, width, *, seed=0):
        rng = np.random.default_rng(seed)
        receivers = np.sort(rng.integers(0, num_nodes, num_slots)).astype(np.int32)
        senders = rng.integers(0, num_nodes, num_slots).astype(np.int32)
        mask = np.arange(num_slots) < num_edges
        weight = np.where(mask, rng.uniform(0.1, 1.0, num_slots), 0.0)
        graph = EdgeList(jnp.asarray(senders), jnp.asarray(receivers), jnp.asarray(mask))
        nodes, edges = rng.normal(size=(num_nodes, width)), rng.normal(size=(num_slots, width))
        arrays = (jnp.asarray(x, jnp.float32) for x in (weight, nodes, edges))
        return graph, *arrays

    return make
