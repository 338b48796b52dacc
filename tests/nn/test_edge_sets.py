"""A step over two sets of edges against the same written plainly."""

import jax
import jax.numpy as jnp
import numpy as np

from invdesign.graphs import EdgeList
from invdesign.nn import EdgeSetInteraction, Interaction

WIDTH, NODES = 8, 6


def edges(rng, number):
    receivers = np.sort(rng.integers(NODES, size=number)).astype(np.int32)
    senders = rng.integers(NODES, size=number).astype(np.int32)
    return EdgeList(jnp.asarray(senders), jnp.asarray(receivers), jnp.ones(number, bool))


def plain(network, graphs, weights, nodes, rows):
    sums, after = [nodes], []
    for mlp, graph, weight, row in zip(network.edge_mlps, graphs, weights, rows, strict=True):
        ends = [row, nodes[graph.senders], nodes[graph.receivers]]
        message = mlp(jnp.concatenate(ends, axis=1))
        total = jnp.zeros_like(nodes).at[graph.receivers].add(weight[:, None] * message)
        sums.append(total)
        after.append(row + message)
    return nodes + network.node_mlp(jnp.concatenate(sums, axis=1)), after


def test_it_is_the_plain_network_and_its_gradient():
    rng = np.random.default_rng(0)
    network = EdgeSetInteraction(WIDTH, 1, 2, normalize=True, key=jax.random.key(0))
    graphs = [edges(rng, 12), edges(rng, 5)]
    weights = [jnp.ones(12), jnp.linspace(0.0, 1.0, 5)]
    nodes = jnp.asarray(rng.normal(size=(NODES, WIDTH)), jnp.float32)
    rows = [jnp.asarray(rng.normal(size=(n, WIDTH)), jnp.float32) for n in (12, 5)]

    def value(call, network, nodes):
        after, updated = call(network, graphs, weights, nodes, rows)
        return jnp.sum(jnp.sin(after)) + sum(jnp.sum(jnp.cos(r)) for r in updated)

    found = [
        jax.jit(jax.value_and_grad(lambda n, x, c=call: value(c, n, x), argnums=(0, 1)))(
            network, nodes
        )
        for call in (EdgeSetInteraction.__call__, plain)
    ]
    for ours, theirs in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_of_one_set_it_is_an_interaction():
    rng = np.random.default_rng(1)
    graph, weight = edges(rng, 9), jnp.linspace(0.0, 1.0, 9)
    nodes = jnp.asarray(rng.normal(size=(NODES, WIDTH)), jnp.float32)
    rows = jnp.asarray(rng.normal(size=(9, WIDTH)), jnp.float32)
    several = EdgeSetInteraction(WIDTH, 1, 1, normalize=True, key=jax.random.key(0))
    single = Interaction(WIDTH, 1, normalize=True, key=jax.random.key(0))
    single = jax.tree.unflatten(
        jax.tree.structure(single), jax.tree.leaves((several.edge_mlps[0], several.node_mlp))
    )
    ours, their = several([graph], [weight], nodes, [rows]), single(graph, weight, nodes, rows)
    np.testing.assert_allclose(ours[0], their[0], atol=1e-5)
    np.testing.assert_allclose(ours[1][0], their[1], atol=1e-5)
