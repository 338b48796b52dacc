"""A network that sees a frame and its mirror image."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Float
from ._network import ConstraintNetwork, LinkGraph
from ._views import AbstractView


class MirroredNetwork(eqx.Module):
    r"""What a network says of a frame, and of its mirror image, left to right.

    Of residuals both, over $\sqrt 2$: the constraint is the mean of two, $c(y) = \tfrac12 (c_0(y) +
    c_0(M y))$, and so is the same for a frame and its mirror image, as physics is. What one network
    has learned wrong to one side falls out. Of steps the mean, mirrored back. Twice the cost.

    Source: Yarotsky (2018), Universal approximations of invariant maps by neural networks:
    symmetrization by averaging over a group, here that of a reflection.

    **Arguments:** `network`; `view`: how it sees scenes; `num_past`: frames whose motion it sees;
    `is_step`: whether outputs are steps, and not residuals.
    """

    network: ConstraintNetwork
    order: tuple[int, ...] = eqx.field(static=True)
    signs: tuple[float, ...] = eqx.field(static=True)
    edge_signs: tuple[float, ...] = eqx.field(static=True)
    is_step: bool = eqx.field(static=True)

    def __init__(
        self, network: ConstraintNetwork, view: AbstractView, *, num_past: int, is_step: bool
    ):
        vector = np.asarray([-1.0, 1.0])
        past, places = 2 * num_past + view.num_traits, np.asarray(view.mirrored_places, int)
        seen = np.concatenate([past + places, past + view.num_places + places])
        last = past + 2 * view.num_places
        self.network, self.is_step = network, is_step
        self.order = tuple(np.concatenate([np.arange(past), seen, [last, last + 1]]).tolist())
        kept = np.ones(view.num_traits + 2 * view.num_places)
        self.signs = tuple(np.concatenate([np.tile(vector, num_past), kept, vector]).tolist())
        flipped = np.concatenate([vector, np.ones(view.num_relations - 2)])
        self.edge_signs = tuple(np.tile(flipped, 2).tolist())

    def __call__(
        self,
        graph: LinkGraph,
        nodes: Float[Array, "node feature"],
        edges: Float[Array, "edge relation"],
    ) -> Float[Array, "node output"]:
        signs, edge_signs = (
            jnp.asarray(each, nodes.dtype)[None] for each in (self.signs, self.edge_signs)
        )
        ours = self.network(graph, nodes, edges)
        theirs = self.network(graph, nodes[:, np.asarray(self.order)] * signs, edges * edge_signs)
        if self.is_step:
            return 0.5 * (ours + theirs * jnp.asarray([[-1.0, 1.0]], ours.dtype))
        return jnp.concatenate([ours, theirs], axis=1) * jnp.asarray(0.5**0.5, ours.dtype)
