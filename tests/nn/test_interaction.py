"""The fast interaction against the same network written plainly."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jraph
import numpy as np
import pytest

from invdesign.nn import MLP, Interaction, _blocks
from invdesign.nn._blocks import block_size

WIDTH = 8


def plain(network, graph, weight, nodes, edges):
    """`Interaction` as a `jraph.GraphNetwork`: concatenate, apply the whole MLP."""

    def update_edge(edges, senders, receivers, _):
        rows, weight = edges
        message = network.edge_mlp(jnp.concatenate([rows, senders, receivers], axis=1))
        return message, weight[:, None] * message

    def update_node(nodes, _, received, __):
        return nodes + network.node_mlp(jnp.concatenate([nodes, received[1]], axis=1))

    apply = jraph.GraphNetwork(update_edge, update_node)
    out = apply(
        jraph.GraphsTuple(
            nodes=nodes,
            edges=(edges, weight),
            senders=graph.senders,
            receivers=graph.receivers,
            n_node=jnp.asarray([nodes.shape[0]]),
            n_edge=jnp.asarray([edges.shape[0]]),
            globals=None,
        )
    )
    return out.nodes, edges + out.edges[0]


def scalar(call, arguments):
    """A number that depends on all nodes and on all real edges."""
    network, graph, weight, nodes, edges = arguments
    nodes, edges = call(network, graph, weight, nodes, edges)
    nodes, edges = call(network, graph, weight, nodes, edges)
    shape = jnp.cos(jnp.arange(WIDTH, dtype=nodes.dtype))[None]
    return jnp.sum(shape * nodes**2) + jnp.sum(jnp.where(graph.mask[:, None], edges, 0.0) * shape)


def fast(network, *arguments):
    return network(*arguments)


def assert_close(ours, theirs, tolerance=1e-5):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        scale = max(float(jnp.abs(b).max()), 1e-3)
        np.testing.assert_allclose(a / scale, b / scale, atol=tolerance)


# One block, several of which the last ones are empty, no edge at all, and a size without a
# divisor that would do for blocks.
SIZES = [(20, 60, 61), (40, 1000, 2304), (20, 0, 64), (40, 900, 1543)]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Several blocks at sizes that are quick to compute."""
    monkeypatch.setattr(_blocks, "_BLOCK", 768)


def test_these_sizes_are_blocked_as_meant():
    assert [block_size(slots) < slots for _, _, slots in SIZES] == [False, True, True, False]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("depth", "normalize"), [(1, True), (2, False)])
def test_equals_the_plain_network(make_graph, sizes, depth, normalize):
    network = Interaction(WIDTH, depth, normalize=normalize, key=jax.random.key(1))
    graph, *arrays = make_graph(*sizes, WIDTH)
    ours = eqx.filter_jit(fast)(network, graph, *arrays)
    theirs = eqx.filter_jit(plain)(network, graph, *arrays)
    assert_close(ours[0], theirs[0])
    assert_close(
        jnp.where(graph.mask[:, None], ours[1], 0), jnp.where(graph.mask[:, None], theirs[1], 0)
    )


def gradient(call, network, graph, weight, nodes, edges):
    """By the network, and by what it is given on real edges."""

    def value(moving):
        network, weight, nodes, edges = moving
        weight = jnp.where(graph.mask, weight, 0.0)
        return scalar(call, (network, graph, weight, nodes, edges))

    return eqx.filter_jit(eqx.filter_grad(value))((network, weight, nodes, edges))


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("depth", "normalize"), [(1, True), (2, False)])
def test_gradients_equal_those_of_the_plain_network(make_graph, sizes, depth, normalize):
    network = Interaction(WIDTH, depth, normalize=normalize, key=jax.random.key(1))
    given = (network, *make_graph(*sizes, WIDTH))
    assert_close(gradient(fast, *given), gradient(plain, *given))


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_gradients_do_not_depend_on_what_else_is_differentiated(make_graph, kept):
    # The reverse pass stores less where the weights do not learn.
    network = Interaction(WIDTH, 1, normalize=True, key=jax.random.key(1))
    graph, *arrays = make_graph(*SIZES[1], WIDTH)
    everything = (network, *arrays)

    def value(one, call):
        moving = [one if i == kept else x for i, x in enumerate(everything)]
        network, weight, nodes, edges = moving
        return scalar(call, (network, graph, jnp.where(graph.mask, weight, 0.0), nodes, edges))

    gradient = eqx.filter_jit(eqx.filter_grad(value))
    assert_close(gradient(everything[kept], fast), gradient(everything[kept], plain))


@pytest.mark.parametrize("kind", ["grad of vmap", "vmap of grad"])
def test_batches_of_graphs_with_different_numbers_of_edges(make_graph, kind):
    network = Interaction(WIDTH, 1, normalize=True, key=jax.random.key(1))
    batch = [make_graph(40, count, 2304, WIDTH, seed=count) for count in (1700, 300, 2304)]
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *batch)

    def value(nodes, graph, weight, edges, call):
        return scalar(call, (network, graph, weight, nodes, edges))

    def gradient(call):
        one = lambda *a: value(*a, call)  # noqa: E731
        if kind == "vmap of grad":
            return jax.vmap(jax.grad(one))
        return jax.grad(lambda *a: jax.vmap(one)(*a).sum())

    graph, weight, nodes, edges = stacked
    ours = jax.jit(gradient(fast))(nodes, graph, weight, edges)
    single = jax.jit(jax.grad(lambda *a: value(*a, plain)))
    for member, (graph, weight, nodes, edges) in enumerate(batch):
        assert_close(ours[member], single(nodes, graph, weight, edges))


def test_spare_slots_change_nothing(make_graph):
    network = Interaction(WIDTH, 1, normalize=True, key=jax.random.key(1))
    graph, weight, nodes, edges = make_graph(40, 1000, 2304, WIDTH)
    cut = jax.tree.map(lambda x: x[:1000], (graph, weight, edges))
    wide = network(graph, weight, nodes, edges)
    narrow = network(cut[0], cut[1], nodes, cut[2])
    assert_close((wide[0], wide[1][:1000]), narrow, 1e-6)


def test_mlp_is_matrices_and_rectifiers():
    network = MLP((3, 5, 2), key=jax.random.key(0))
    rows = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    hidden = np.maximum(rows @ np.asarray(network.layers[0].weight), 0.0)
    np.testing.assert_allclose(
        network(jnp.asarray(rows)), hidden @ np.asarray(network.layers[1].weight), rtol=1e-5
    )


def test_another_activation_is_what_it_is(make_graph):
    key = jax.random.key(0)
    network = Interaction(WIDTH, 1, normalize=True, activation=jax.nn.softplus, key=key)
    given = (network, *make_graph(*SIZES[1], WIDTH))
    assert_close(gradient(fast, *given), gradient(plain, *given))


def test_hidden_units_have_the_activation_and_weights_the_type_that_is_asked_for():
    network = MLP((3, 5, 2), key=jax.random.key(0), activation=jnp.tanh, dtype=jnp.float16)
    usual = MLP((3, 5, 2), key=jax.random.key(0), normalize=True)
    assert {x.dtype for x in jax.tree.leaves(network)} == {np.dtype("float16")}
    assert {x.dtype for x in jax.tree.leaves(usual)} == {np.dtype("float32")}
    first, last = (np.asarray(layer.weight, np.float32) for layer in network.layers)
    rows = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float16)
    wanted = np.tanh(rows.astype(np.float32) @ first) @ last
    np.testing.assert_allclose(network(jnp.asarray(rows)), wanted, atol=1e-2)


def test_layer_norm_has_mean_zero_and_variance_one():
    network = MLP((3, 64), key=jax.random.key(0), normalize=True)
    rows = jax.random.normal(jax.random.key(1), (7, 3))
    out = np.asarray(network(rows))
    np.testing.assert_allclose(out.mean(axis=1), 0.0, atol=1e-5)
    np.testing.assert_allclose(out.std(axis=1), 1.0, atol=1e-3)
