"""The graph network of published particle simulators, for weights that others have trained."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Array, Float, Int
from ._mlp import MLP


class GraphNetwork(eqx.Module):
    r"""Encode, process, decode, as published: for weights that others have trained.

    Nodes $v$ and edges $e$ are encoded by networks of their own. In each of the unshared steps
    $e_{ij}' = f(e_{ij}, v_i, v_j)$ and $v_j' = g(v_j, \sum_i e_{ij}')$, with $i$ the sender and
    $j$ the receiver, and both are added to what was there. The decoder reads the nodes. Networks
    are ReLU layers with a `LayerNorm` behind the last, but for the decoder's.

    Sources: Sanchez-Gonzalez et al. (2020), section 4; for the order of an edge's inputs, the
    published code of Allen et al. (2022) and of LagrangeBench.

    **Arguments:**

    - `node_encoder`, `edge_encoder`, `decoder`; `steps`: networks of edges and of nodes.
    - `edge_first`: whether an edge's own latent comes before sender's and receiver's.
    - `embedding`: a row for each type of particle, put behind the node's features; `None` where
      these are complete.
    """

    node_encoder: MLP
    edge_encoder: MLP
    steps: tuple[tuple[MLP, MLP], ...]
    decoder: MLP
    embedding: Float[Array, "type feature"] | None
    edge_first: bool = eqx.field(static=True)

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, Any], *, num_steps: int, edge_first: bool
    ) -> "GraphNetwork":
        """A network of arrays by name: `ROLE.layers.I.{weight,bias}`, `ROLE.norm.{scale,shift}`.

        Roles are `node_encoder`, `edge_encoder`, `steps.K.edges`, `steps.K.nodes`, `decoder`;
        `embedding` may be there.
        """
        embedding = arrays.get("embedding")
        return cls(
            node_encoder=_network(arrays, "node_encoder"),
            edge_encoder=_network(arrays, "edge_encoder"),
            steps=tuple(
                (_network(arrays, f"steps.{k}.edges"), _network(arrays, f"steps.{k}.nodes"))
                for k in range(num_steps)
            ),
            decoder=_network(arrays, "decoder"),
            embedding=None if embedding is None else jnp.asarray(embedding, float),
            edge_first=edge_first,
        )

    def __call__(
        self,
        nodes: Float[Array, "node feature"],
        edges: Float[Array, "edge relation"],
        senders: Int[Array, " edge"],
        receivers: Int[Array, " edge"],
        types: Int[Array, " node"] | None = None,
    ) -> Float[Array, "node output"]:
        """What the decoder reads off the nodes, in the units that the weights were trained in.

        **Arguments:** `types`: of particles, where there is an embedding.
        """
        if self.embedding is not None and types is not None:
            nodes = jnp.concatenate([nodes, self.embedding[types]], axis=1)
        nodes, edges = self.node_encoder(nodes), self.edge_encoder(edges)
        for edge_network, node_network in self.steps:
            ends = [nodes[senders], nodes[receivers]]
            parts = [edges, *ends] if self.edge_first else [*ends, edges]
            messages = edge_network(jnp.concatenate(parts, axis=1))
            arrived = jax.ops.segment_sum(messages, receivers, nodes.shape[0])
            nodes = nodes + node_network(jnp.concatenate([nodes, arrived], axis=1))
            edges = edges + messages
        return self.decoder(nodes)


def _network(arrays: Mapping[str, Any], role: str) -> MLP:
    weights = []
    while (name := f"{role}.layers.{len(weights)}.weight") in arrays:
        weights.append(arrays[name])
    sizes = (weights[0].shape[0], *(weight.shape[1] for weight in weights))
    blank = MLP(sizes, key=jax.random.key(0), normalize=f"{role}.norm.scale" in arrays)
    filled = [jnp.asarray(x, float) for x in weights]
    biases = [jnp.asarray(arrays[f"{role}.layers.{k}.bias"], float) for k in range(len(weights))]
    network = eqx.tree_at(
        lambda m: [leaf for layer in m.layers for leaf in (layer.weight, layer.bias)],
        blank,
        [leaf for pair in zip(filled, biases, strict=True) for leaf in pair],
    )
    if network.norm is None:
        return network
    norm = [jnp.asarray(arrays[f"{role}.norm.{key}"], float) for key in ("scale", "shift")]
    return eqx.tree_at(lambda m: [m.norm.scale, m.norm.shift], network, norm)
