"""Message passing over the edges of meshes and of the world."""

import equinox as eqx
import jax
from jax import lax

from ..._types import Array, Float, PRNGKeyArray
from ...nn import MLP, EdgeSetInteraction, sum_messages
from ._springs_features import SpringGraph, num_features


class SpringNetwork(eqx.Module):
    """Encode, process, decode: a number for each coordinate of each node.

    The steps of message passing are one step in a loop, whose weights have a leading axis of steps:
    a program of fifteen takes no longer to compile than one of two.

    Source: Pfaff et al. (2021), sections 3.2 and A.1.

    **Arguments:**

    - `mesh`, `dim`: coordinates in mesh space and in the world.
    - `latent`: width of all latents.
    - `num_steps`: of message passing; news travels over as many edges.
    - `depth`: hidden layers of every MLP.
    """

    encode_nodes: MLP
    encode_mesh: MLP
    encode_world: MLP
    steps: EdgeSetInteraction
    decode: MLP

    def __init__(
        self,
        *,
        mesh: int = 2,
        dim: int = 2,
        latent: int,
        num_steps: int,
        depth: int,
        key: PRNGKeyArray,
    ):
        keys = jax.random.split(key, 4 + num_steps)
        hidden = (latent,) * (depth + 1)
        self.encode_nodes, self.encode_mesh, self.encode_world = (
            MLP((size, *hidden), key=k, normalize=True)
            for size, k in zip(num_features(mesh, dim), keys[:3], strict=True)
        )
        self.decode = MLP((latent, *hidden[:-1], dim), key=keys[3], output_scale=0.1)
        self.steps = eqx.filter_vmap(
            lambda k: EdgeSetInteraction(latent, depth, 2, normalize=True, key=k)
        )(keys[4:])

    def __call__(self, graph: SpringGraph) -> Float[Array, "node dim"]:
        num_nodes = graph.nodes.shape[0]
        nodes = self.encode_nodes(graph.nodes)
        edges = []
        encoders = (self.encode_mesh, self.encode_world)
        for encode, edge_list, rows, weight in zip(encoders, *graph[1:], strict=True):
            # For the messages alone: a loop that ends with the last edge.
            edges.append(sum_messages(encode, edge_list, rows, weight, num_nodes)[1])

        def process(latents, step):
            return step(graph.graphs, graph.weights, *latents), None

        (nodes, _), _ = lax.scan(process, (nodes, edges), self.steps)
        return self.decode(nodes)
