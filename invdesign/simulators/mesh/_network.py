"""Message passing over the levels of a mesh: down to the coarsest and back."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._types import Array, Float, PRNGKeyArray
from ...nn import Interaction
from ...nn._mlp import MLP, Linear
from ._hierarchy import Level
from ._modes import SectionEncoder


class MeshNetwork(eqx.Module):
    """Encode, process on ever coarser meshes and back, decode.

    On one level this is MeshGraphNets' network. On a mesh of thousands of cells around a body,
    whose far side matters, ten or so of its steps do not reach across: coarser levels do, at a
    fraction of the cost. A level's latents are means of the finer one's on the way down; on the
    way up the coarser one's are handed to the cells they stand for and join what these had.

    What is known of the section as a whole joins the latents of all cells, at the beginning and
    again where they are decoded: forces hang on small differences, which message passing blurs.

    Source: Pfaff et al. (2021), Learning mesh-based simulation with graph networks, section 3.2;
    levels as in Fortunato et al. (2022), MultiScale MeshGraphNets.

    **Arguments:**

    - `num_inputs`: features of a cell.
    - `num_outputs`: numbers decoded for every cell.
    - `num_wall`: numbers decoded for every cell at the wall, from a decoder of their own.
    - `num_section`: numbers decoded for the section as a whole.
    - `latent`: width of all latents.
    - `num_steps`: of message passing on each level on either way; one on the finest way down.
    - `depth`: hidden layers of every MLP.
    - `num_levels`: of meshes.
    """

    encode_nodes: MLP
    encode_edges: tuple[MLP, ...]
    down: tuple[tuple[Interaction, ...], ...]
    up: tuple[tuple[Interaction, ...], ...]
    join: tuple[MLP, ...]
    decode_nodes: MLP
    decode_wall: MLP
    encode_section: SectionEncoder
    decode_section: Linear

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        num_wall: int,
        num_section: int,
        *,
        latent: int,
        num_steps: int,
        depth: int,
        num_levels: int,
        key: PRNGKeyArray,
    ):
        hidden = (latent,) * (depth + 1)
        keys = iter(jax.random.split(key, 5 + 2 * num_levels * (num_steps + 1)))

        def steps(number: int) -> tuple[Interaction, ...]:
            made = [
                Interaction(latent, depth, normalize=True, key=next(keys)) for _ in range(number)
            ]
            return tuple(made)

        def mlp(size: int) -> MLP:
            return MLP((size, *hidden), key=next(keys), normalize=True)

        self.encode_nodes = mlp(num_inputs)
        self.encode_edges = tuple(mlp(3) for _ in range(num_levels))
        first = num_steps if num_levels == 1 else 1
        counts = [first] + [num_steps] * (num_levels - 1)
        self.down = tuple(steps(count) for count in counts)
        self.up = tuple(steps(num_steps) for _ in range(num_levels - 1))
        self.join = tuple(mlp(2 * latent) for _ in range(num_levels - 1))
        ends = hidden[:-1]
        self.decode_nodes = MLP((2 * latent, *ends, num_outputs), key=next(keys))
        self.decode_wall = MLP((2 * latent, *ends, num_wall), key=next(keys))
        self.encode_section = SectionEncoder(latent, key=next(keys))
        self.decode_section = Linear(latent, num_section, key=next(keys), scale=0.1)

    def __call__(
        self,
        levels: Sequence[Level],
        nodes: Float[Array, "cell feature"],
        edges: Sequence[Float[Array, "_ 3"]],
        section: Float[Array, " mode"],
    ) -> tuple[Float[Array, "cell output"], Float[Array, "point wall"], Float[Array, " section"]]:
        graphs = [level.graph() for level in levels]
        ones = [jnp.ones(graph.mask.shape, nodes.dtype) for graph in graphs]
        whole = self.encode_section(section)
        hidden = self.encode_nodes(nodes) + whole
        links = [encode(rows) for encode, rows in zip(self.encode_edges, edges, strict=True)]
        kept = []
        for index, level in enumerate(levels):
            for step in self.down[index]:
                hidden, links[index] = step(graphs[index], ones[index], hidden, links[index])
            if index < len(levels) - 1:
                kept.append(hidden)
                hidden = level.pool(hidden)
        for index in reversed(range(len(levels) - 1)):
            both = jnp.concatenate([kept[index], levels[index].spread(hidden)], axis=1)
            hidden = kept[index] + self.join[index](both)
            for step in self.up[index]:
                hidden, links[index] = step(graphs[index], ones[index], hidden, links[index])
        both = jnp.concatenate([hidden, jnp.broadcast_to(whole, hidden.shape)], axis=1)
        at_wall = self.decode_wall(both[: levels[0].num_points])
        return self.decode_nodes(both), at_wall, self.decode_section(whole)[0]
