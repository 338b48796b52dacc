"""One step of message passing over several sets of edges."""

from collections.abc import Sequence
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Array, Float, PRNGKeyArray
from ..graphs import EdgeList
from ._messages import sum_messages
from ._mlp import MLP, Activation, DType


class EdgeSetInteraction(eqx.Module):
    r"""An `Interaction` of nodes that several kinds of edges join, each kind with its own MLP.

    $m^k_{ij} = \mathrm{MLP}_k(e^k_{ij}, h_j, h_i)$, $e^k_{ij} \leftarrow e^k_{ij} + m^k_{ij}$,
    $h_i \leftarrow h_i + \mathrm{MLP}_v(h_i, \sum_j w^1_{ij} m^1_{ij}, \sum_j w^2_{ij} m^2_{ij},
    \dots)$.

    Source: Pfaff et al. (2021), equation 1, for edges of a mesh and edges of the world.

    **Arguments:** as `Interaction`; `num_sets`: kinds of edges.
    """

    edge_mlps: tuple[MLP, ...]
    node_mlp: MLP

    def __init__(
        self,
        latent: int,
        depth: int,
        num_sets: int,
        *,
        normalize: bool,
        key: PRNGKeyArray,
        activation: Activation = jax.nn.relu,
        dtype: DType = float,
    ):
        node_key, *edge_keys = jax.random.split(key, 1 + num_sets)
        hidden = (latent,) * (depth + 1)
        mlp = partial(MLP, normalize=normalize, activation=activation, dtype=dtype)
        self.edge_mlps = tuple(mlp((3 * latent, *hidden), key=k) for k in edge_keys)
        self.node_mlp = mlp(((1 + num_sets) * latent, *hidden), key=node_key)

    def __call__(
        self,
        graphs: Sequence[EdgeList],
        weights: Sequence[Float[Array, " _"]],
        nodes: Float[Array, "node latent"],
        edges: Sequence[Float[Array, "_ latent"]],
    ) -> tuple[Float[Array, "node latent"], list[Float[Array, "_ latent"]]]:
        sums, updated = [nodes], []
        for mlp, graph, weight, rows in zip(self.edge_mlps, graphs, weights, edges, strict=True):
            total, rows = sum_messages(
                mlp, graph, rows, weight, nodes.shape[0], nodes=nodes, residual=True
            )
            sums.append(total)
            updated.append(rows)
        return nodes + self.node_mlp(jnp.concatenate(sums, axis=1)), updated
