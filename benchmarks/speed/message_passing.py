"""Message passing against the same network written plainly, and against the matrix products.

1000 particles with 16 neighbors each, latent 128, 10 steps: `invdesign.nn.Interaction` and
`jraph.GraphNetwork` (concatenate, MLP with `LayerNorm`, segment sum, residuals) with the same
weights, in turns. The gradient is taken with respect to nodes, edges and fading weights, as a
design needs it, and with respect to the network's weights beside them, as training does.

    python -m benchmarks.speed.message_passing
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import jraph
import numpy as np
from scipy.spatial import cKDTree

from benchmarks._common import arguments, interleaved, milliseconds, publish, show
from invdesign.graphs import EdgeList
from invdesign.nn import Interaction

NUM_NEIGHBORS = 16
DEPTH = 2


def neighbors(num_nodes: int) -> EdgeList:
    """Edges from the 16 nearest others to each particle of a jittered lattice, row by row."""
    rng = np.random.default_rng(0)
    side = int(np.ceil(num_nodes**0.5))
    lattice = np.stack(np.divmod(np.arange(num_nodes), side), axis=1)
    points = lattice + rng.uniform(-0.2, 0.2, lattice.shape)
    _, nearest = cKDTree(points).query(points, NUM_NEIGHBORS + 1)
    senders = jnp.asarray(nearest[:, 1:].reshape(-1), jnp.int32)
    receivers = jnp.repeat(jnp.arange(num_nodes, dtype=jnp.int32), NUM_NEIGHBORS)
    return EdgeList(senders, receivers, jnp.ones(senders.shape, bool))


def ours(network, graph, inputs):
    """The processor of the particle simulator."""
    nodes, edges, weight = inputs
    for interaction in network:
        nodes, edges = interaction(graph, weight, nodes, edges)
    return nodes, edges


def plain(network, graph, inputs):
    """The same with `jraph.GraphNetwork`."""
    nodes, edges, weight = inputs
    num_nodes, num_edges = jnp.asarray([nodes.shape[0]]), jnp.asarray([edges.shape[0]])
    for interaction in network:
        tuple_ = jraph.GraphsTuple(
            nodes=nodes,
            edges=edges,
            senders=graph.senders,
            receivers=graph.receivers,
            globals=None,
            n_node=num_nodes,
            n_edge=num_edges,
        )
        after = _graph_network(interaction, weight)(tuple_)
        nodes, edges = nodes + after.nodes, edges + after.edges
    return nodes, edges


def _graph_network(interaction, weight):
    def update_edge(edges, senders, receivers, _):
        return interaction.edge_mlp(jnp.concatenate([edges, senders, receivers], axis=1))

    def update_node(nodes, _, received, __):
        return interaction.node_mlp(jnp.concatenate([nodes, received], axis=1))

    def aggregate(messages, receivers, num_nodes):
        return jraph.segment_sum(weight[:, None] * messages, receivers, num_nodes)

    return jraph.GraphNetwork(update_edge, update_node, aggregate_edges_for_nodes_fn=aggregate)


def gradient(process, network, graph, inputs, *, learns):
    """The gradient of a number that depends on all outputs."""

    def value(moving):
        learned, inputs = moving
        nodes, edges = process(learned if learns else network, graph, inputs)
        return jnp.sum(nodes**2) + jnp.sum(edges**2)

    return eqx.filter_grad(value)((network if learns else None, inputs))


def products(shape: tuple[int, int, int], flop: float):
    """A call that multiplies matrices of a shape until `flop` operations are done."""
    rows, inner, columns = shape
    a, b = jnp.ones((rows, inner)) / inner, jnp.ones((inner, columns)) / inner
    times = max(1, round(flop / (2 * rows * inner * columns)))

    @jax.jit
    def run(a, b):
        # A square of `b` keeps the chain going without a pass over `a`.
        return jax.lax.fori_loop(0, times, lambda i, x: (x @ b).reshape(x.shape), a)

    assert columns == inner
    return partial(run, a, b), 2 * rows * inner * columns * times


def flop_of(num_nodes: int, num_edges: int, latent: int, num_steps: int) -> float:
    """Multiplications and additions of the matrix products, first edge matrix applied per node."""
    per_edge, per_node = 1 + DEPTH, 2 + 2 + DEPTH
    return 2.0 * latent**2 * num_steps * (per_edge * num_edges + per_node * num_nodes)


def distance(one, other, *, norm: float) -> float:
    """Norm of the difference of two results, relative to that of the second; of the worst array.

    Outputs are compared by their largest number. Gradients are compared by their length: a hidden
    unit whose input is zero up to rounding may be on in one network and off in the other.
    """
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    size = partial(jnp.linalg.norm, ord=norm)
    return max(float(size((a - b).reshape(-1)) / size(b.reshape(-1))) for a, b in pairs)


def main() -> None:
    given = arguments(__doc__)
    num_nodes, latent, num_steps = (100, 32, 2) if given.quick else (1000, 128, 10)
    repeats = 3 if given.quick else 15
    keys = jax.random.split(jax.random.key(0), num_steps + 2)
    network = [Interaction(latent, DEPTH, normalize=True, key=key) for key in keys[2:]]
    graph = neighbors(num_nodes)
    num_edges = graph.senders.shape[0]
    inputs = (
        jax.random.normal(keys[0], (num_nodes, latent)),
        jax.random.normal(keys[1], (num_edges, latent)),
        jnp.linspace(0.1, 1.0, num_edges),
    )
    flop = flop_of(num_nodes, num_edges, latent, num_steps)
    tall, tall_flop = products((4096, 128, 128), flop)
    square, square_flop = products((2048, 2048, 2048), flop)
    kinds = {
        "forward": lambda process: eqx.filter_jit(process),
        "gradient": lambda process: eqx.filter_jit(partial(gradient, process, learns=False)),
        "training gradient": lambda process: eqx.filter_jit(
            partial(gradient, process, learns=True)
        ),
    }
    calls, rows, results = {"tall": tall, "square": square}, [], {}
    for kind, make in kinds.items():
        for process in (ours, plain):
            calls[f"{kind} {process.__name__}"] = partial(make(process), network, graph, inputs)
    times = interleaved(calls, repeats=repeats)
    for kind in kinds:
        mine, theirs = times[f"{kind} ours"], times[f"{kind} plain"]
        norm = jnp.inf if kind == "forward" else 2
        apart = distance(calls[f"{kind} ours"](), calls[f"{kind} plain"](), norm=norm)
        ratio = {key: theirs[key] / mine[key] for key in ("min", "median", "cpu")}
        results[kind] = {"ours": mine, "plain": theirs, "times_faster": ratio, "apart": apart}
        rows.append(
            {
                "": kind,
                "ours (ms)": milliseconds(mine),
                "plain jraph (ms)": milliseconds(theirs),
                "times faster": f"{ratio['min']:.2f} / {ratio['median']:.2f}",
                "apart": f"{apart:.1e}",
            }
        )
    rates = {
        "4096x128x128": tall_flop / times["tall"]["min"],
        "2048x2048x2048": square_flop / times["square"]["min"],
    }
    limit = {name: flop / rate for name, rate in rates.items()}
    results["products"] = {
        "flop": flop,
        "flop_per_second": rates,
        "share_of_limit": {k: v / results["forward"]["ours"]["min"] for k, v in limit.items()},
    }
    show(f"{num_nodes} particles, 16 neighbors, latent {latent}, {num_steps} steps", rows)
    show(
        f"matrix products: {flop / 1e9:.1f} GFLOP a forward pass",
        [
            {
                "product": name,
                "GFLOP/s": rate / 1e9,
                "limit (ms)": 1e3 * limit[name],
                "forward reaches": f"{results['products']['share_of_limit'][name]:.0%}",
            }
            for name, rate in rates.items()
        ],
    )
    publish(__file__, given, results)
    assert results["forward"]["apart"] < 1e-5, "the two networks disagree"


if __name__ == "__main__":
    main()
