"""One step of message passing."""

from functools import partial

import equinox as eqx
import jax

from .._types import Array, Float, PRNGKeyArray
from ..graphs import EdgeList
from ._messages import sum_messages
from ._mlp import MLP, Activation, DType


class Interaction(eqx.Module):
    r"""An interaction network with residual nodes and edges.

    $m_{ij} = \mathrm{MLP}_e(e_{ij}, h_j, h_i)$, $e_{ij} \leftarrow e_{ij} + m_{ij}$,
    $h_i \leftarrow h_i + \mathrm{MLP}_v(h_i, \sum_j w_{ij} m_{ij})$,
    where $w_{ij}$ fades to zero at the connectivity radius, so that an edge that appears or
    disappears changes nothing: the step is continuous in the positions.

    Source: Battaglia et al. (2016), section 2; Sanchez-Gonzalez et al. (2020), section 4.2.

    **Arguments:** `latent`: width of node and edge latents; `depth`: hidden layers of each MLP;
    `normalize`: a `LayerNorm` at the end of each MLP; `activation`, `dtype`: of each `MLP`.
    """

    edge_mlp: MLP
    node_mlp: MLP
    latent: int = eqx.field(static=True)

    def __init__(
        self,
        latent: int,
        depth: int,
        *,
        normalize: bool,
        key: PRNGKeyArray,
        activation: Activation = jax.nn.relu,
        dtype: DType = float,
    ):
        edge_key, node_key = jax.random.split(key)
        hidden = (latent,) * (depth + 1)
        mlp = partial(MLP, normalize=normalize, activation=activation, dtype=dtype)
        self.edge_mlp = mlp((3 * latent, *hidden), key=edge_key)
        self.node_mlp = mlp((2 * latent, *hidden), key=node_key)
        self.latent = latent

    def __call__(
        self,
        graph: EdgeList,
        weight: Float[Array, " edge"],
        nodes: Float[Array, "node latent"],
        edges: Float[Array, "edge latent"],
    ) -> tuple[Float[Array, "node latent"], Float[Array, "edge latent"]]:
        size = self.latent
        total, edges = sum_messages(
            self.edge_mlp, graph, edges, weight, nodes.shape[0], nodes=nodes, residual=True
        )
        first = self.node_mlp.layers[0]
        hidden = nodes @ first.weight[:size] + total @ first.weight[size:] + first.bias[None]
        return nodes + self.node_mlp.finish(hidden), edges
