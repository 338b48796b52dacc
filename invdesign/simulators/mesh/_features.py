"""What a network is told of a grid around a section, and the flow it corrects."""

import equinox as eqx
import jax.numpy as jnp

from ..._types import Array, Float, Scalar
from ...grids._measures import cell_centers, wall_normals
from ...scenes import SectionScene
from ._boundary_layer import boundary_layer
from ._hierarchy import Level, edge_features, pooled_centers
from ._potential import potential_flow

NUM_FEATURES = 19
_CORE = 0.25  # squared radius in chords within which the vortex of the prior is smeared


class WallFlow(eqx.Module):
    """The potential flow along a section's surface; speed 1.

    **Arguments:**

    - `velocity`: in the cells at the wall, and what a circulation of 1 more would add to it,
      `(2, point, 2)`.
    - `circulation`: of the flow, counterclockwise.
    - `axes`: unit vectors along the surface's edges and into the fluid, `(2, point, 2)`.
    - `lengths`: of the edges, `(point,)`.
    """

    velocity: Float[Array, "2 point 2"]
    circulation: Scalar
    axes: Float[Array, "2 point 2"]
    lengths: Float[Array, " point"]

    @property
    def along(self) -> Float[Array, " point"]:
        """Speed along the edges, counterclockwise."""
        return jnp.sum(self.velocity[0] * self.axes[0], axis=1)


def wall_flow(nodes: Float[Array, "ring point 2"], angle: Scalar, num_panels: int) -> WallFlow:
    """From the two innermost rings of a grid, at least.

    `num_panels` edges of the surface, from the first, are no base.
    """
    surface, normals = nodes[0], wall_normals(nodes)
    lengths = jnp.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals / lengths
    tangents = jnp.stack([-normals[:, 1], normals[:, 0]], axis=1)
    panels = surface[:num_panels], surface[1 : num_panels + 1]
    at_wall, circulation, swirl = potential_flow(cell_centers(nodes[:2])[0], *panels, angle)
    return WallFlow(
        velocity=jnp.stack([at_wall, swirl]),
        circulation=circulation,
        axes=jnp.stack([tangents, normals]),
        lengths=lengths[:, 0],
    )


class FlowContext(eqx.Module):
    """A section's grid, features of its cells and faces, and potential flow; speed 1.

    **Arguments:**

    - `nodes`: of the grid, `(ring, point, 2)`.
    - `features`: of the cells, `(cell, feature)`.
    - `edges`: of the faces of every level, `(edge, 3)` each.
    - `velocity`: the stream and a vortex of the potential flow's circulation, `(cell, 2)`.
    - `pressure`: coefficient of the potential flow along the wall, `(point,)`.
    - `wall`: the potential flow along the wall.
    - `stress`: of a turbulent boundary layer under it along the wall, over dynamic pressure,
      `(point,)`; none on the base.
    - `scene`: what all this is about.
    """

    nodes: Float[Array, "ring point 2"]
    features: Float[Array, "cell feature"]
    edges: tuple[Array, ...]
    velocity: Float[Array, "cell 2"]
    pressure: Float[Array, " point"]
    wall: WallFlow
    stress: Float[Array, " point"]
    scene: SectionScene


def foil_context(
    nodes: Float[Array, "ring point 2"],
    scene: SectionScene,
    levels: tuple[Level, ...],
    num_panels: int,
) -> FlowContext:
    """Features of a grid; `num_panels` edges of the surface, from the first, are no base."""
    centers, surface, angle = cell_centers(nodes), nodes[0], scene.angle
    wall = wall_flow(nodes, angle, num_panels)
    at_wall, along, circulation = wall.velocity[0], wall.along, wall.circulation
    pressure = 1 - jnp.sum(at_wall**2, axis=1)
    stream = jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    offset = centers - jnp.asarray([[[0.25, 0.0]]], centers.dtype)
    squared = jnp.sum(offset**2, axis=-1, keepdims=True)
    turned = jnp.stack([-offset[..., 1], offset[..., 0]], axis=-1)
    prior = stream[None, None] + circulation / (2 * jnp.pi) * turned / (squared + _CORE)
    middle = 0.5 * (surface + jnp.roll(surface, -1, axis=0))
    from_wall = jnp.linalg.norm(centers - middle[None], axis=-1, keepdims=True)
    is_base = (jnp.arange(surface.shape[0]) >= num_panels).astype(centers.dtype)
    thickness, stress = boundary_layer(
        along[:num_panels], wall.lengths[:num_panels], scene.viscosity / scene.speed
    )
    rest = surface.shape[0] - num_panels
    stress = jnp.pad(2 * stress, (0, rest))
    thickness = jnp.pad(jnp.log(thickness), (0, rest), mode="edge")
    rays = [along, pressure, is_base, jnp.log(wall.lengths), thickness, stress]
    rays = jnp.stack(rays, axis=1)
    everywhere = jnp.append(stream, circulation)
    layer = jnp.arange(centers.shape[0])
    ends = jnp.stack([layer == 0, layer == centers.shape[0] - 1], axis=1).astype(centers.dtype)
    parts = [
        jnp.log(from_wall),
        centers / (1 + jnp.sqrt(squared)),
        prior,
        _over(jnp.concatenate([wall.axes[1], rays], axis=1)[None], centers),
        _over(everywhere[None, None], centers),
        _over(ends[:, None], centers),
        jnp.log(squared + _CORE),
    ]
    features = jnp.concatenate(parts, axis=-1)
    return FlowContext(
        nodes=nodes,
        features=features.reshape(-1, features.shape[-1]),
        edges=tuple(
            edge_features(level, found)
            for level, found in zip(
                levels, pooled_centers(levels, centers.reshape(-1, 2)), strict=True
            )
        ),
        velocity=prior.reshape(-1, 2),
        pressure=pressure,
        wall=wall,
        stress=stress,
        scene=scene,
    )


def _over(rows: Array, like: Array) -> Array:
    """The same features in all cells of a layer, of a ray, or of the grid."""
    return jnp.broadcast_to(rows, (*like.shape[:-1], rows.shape[-1]))
