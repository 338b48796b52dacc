"""A graph network that can be differentiated as often as wanted."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._types import Array, Bool, Float, Int, PRNGKeyArray
from ...nn import MLP


class LinkGraph(eqx.Module):
    """Directed edges as matrices: gathering and summing are products, whose derivatives are, too.

    For graphs of some tens of nodes, where a product costs a few percent of the edges' networks.

    **Arguments:** `senders`, `receivers`: rows of ones and zeros, `(edge, node)`; `mask`: which
    edges there are, or the share of each message that counts.
    """

    senders: Float[Array, "edge node"]
    receivers: Float[Array, "edge node"]
    mask: Bool[Array, " edge"] | Float[Array, " edge"]

    @classmethod
    def of_links(cls, links: Int[Array, "pair 2"], num_nodes: int, dtype: object) -> "LinkGraph":
        """Both directions of each pair; a node joined to itself is no edge."""
        first, last = (jax.nn.one_hot(links[:, end], num_nodes, dtype=dtype) for end in (0, 1))
        mask = jnp.tile(links[:, 0] != links[:, 1], 2)
        return cls(jnp.concatenate([first, last]), jnp.concatenate([last, first]), mask)


class ConstraintNetwork(eqx.Module):
    r"""Encode, process, decode, as in an `Interaction` network, with smooth activations.

    $m_{ij} = \mathrm{MLP}_e(e_{ij}, h_j, h_i)$, $e_{ij} \leftarrow e_{ij} + m_{ij}$,
    $h_i \leftarrow h_i + \mathrm{MLP}_v(h_i, \sum_j m_{ij})$, each MLP with softplus and a
    `LayerNorm`.

    Source: Rubanova et al. (2022), Constraint-based graph network simulator, section 3.3; Battaglia
    et al. (2016), section 2.

    **Arguments:** `num_node_inputs`, `num_edge_inputs`, `num_outputs`: numbers a node or an edge;
    `latent`: width of nodes, edges and hidden layers; `num_steps`: of message passing.
    """

    node_encoder: MLP
    edge_encoder: MLP
    steps: tuple[tuple[MLP, MLP], ...]
    decoder: MLP

    def __init__(
        self,
        num_node_inputs: int,
        num_edge_inputs: int,
        num_outputs: int,
        *,
        latent: int,
        num_steps: int,
        key: PRNGKeyArray,
    ):
        first, second, last, *keys = jax.random.split(key, 3 + 2 * num_steps)
        plain = partial(MLP, activation=jax.nn.softplus, dtype=jnp.float32)
        mlp, hidden = partial(plain, normalize=True), (latent, latent)
        self.node_encoder = mlp((num_node_inputs, *hidden), key=first)
        self.edge_encoder = mlp((num_edge_inputs, *hidden), key=second)
        self.steps = tuple(
            (mlp((3 * latent, *hidden), key=edge), mlp((2 * latent, *hidden), key=node))
            for edge, node in zip(keys[::2], keys[1::2], strict=True)
        )
        self.decoder = plain((latent, latent, num_outputs), output_scale=0.1, key=last)

    def __call__(
        self,
        graph: LinkGraph,
        nodes: Float[Array, "node feature"],
        edges: Float[Array, "edge relation"],
    ) -> Float[Array, "node output"]:
        there = graph.mask[:, None].astype(nodes.dtype)
        nodes, edges = self.node_encoder(nodes), self.edge_encoder(edges)
        for edge_mlp, node_mlp in self.steps:
            message = edge_mlp.finish(_first_layer(edge_mlp, graph, nodes, edges))
            edges = edges + message
            total = graph.receivers.T @ (there * message)
            nodes = nodes + node_mlp(jnp.concatenate([nodes, total], axis=1))
        return self.decoder(nodes)


def _first_layer(mlp: MLP, graph: LinkGraph, nodes: Array, edges: Array) -> Array:
    """The first linear map of (edge, sender, receiver), applied to nodes before they are
    gathered."""
    layer, size = mlp.layers[0], nodes.shape[1]
    sent = graph.senders @ (nodes @ layer.weight[size : 2 * size])
    received = graph.receivers @ (nodes @ layer.weight[2 * size :])
    return edges @ layer.weight[:size] + sent + received + layer.bias[None]
