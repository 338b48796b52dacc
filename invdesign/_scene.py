"""Simulator-agnostic physics of scenes, and what is observed of them."""

import enum
import math

import equinox as eqx
import jax.numpy as jnp

from ._types import Array, Float, Int, Scalar, as_float


class ParticleScene(eqx.Module):
    """A body of fluid in a box with rigid obstacles; SI units.

    Any particle simulator, learned or trusted, can start from it. Obstacles are capsules: the
    points within `segment_radius` of a segment are solid. The box `lower <= x <= upper` holds
    the fluid on every side.

    **Arguments:**

    - `position`: particle positions in metres, `(node, dim)`.
    - `velocity`: particle velocities in metres a second, `(node, dim)`.
    - `segments`: end points of the obstacles' centre lines in metres, `(segment, 2, dim)`.
    - `segment_radius`: half thickness of each obstacle in metres, `(segment,)`.
    - `lower`, `upper`: corners of the box in metres, `(dim,)`.
    - `gravity`: acceleration in metres a second squared, `(dim,)`.
    - `spacing`: distance of neighboring particles at rest in metres, which says how much water a
      particle is; `None` where it is to be measured.

    **Raises:** `ValueError` for a spacing that is not positive.
    """

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    segments: Float[Array, "segment 2 dim"]
    segment_radius: Float[Array, " segment"]
    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    gravity: Float[Array, " dim"]
    spacing: float | None = eqx.field(static=True, default=None)

    def __check_init__(self):
        if self.spacing is not None and not 0 < self.spacing < math.inf:
            raise ValueError(f"`ParticleScene` needs spacing > 0 or None, got {self.spacing}.")


class ParticleFrame(eqx.Module):
    """What is observed of particles or of a mesh's nodes: positions (m) and velocities (m/s)."""

    position: Float[Array, "*time node dim"]
    velocity: Float[Array, "*time node dim"]


class NodeKind(enum.IntEnum):
    """What a node of a mesh does: it moves freely, stays where it starts, or is driven."""

    FREE = 0
    HELD = 1
    DRIVEN = 2


class ElasticScene(eqx.Module):
    """Elastic bodies and driven obstacles: nodes that the edges of meshes join; SI units.

    What the body is made of is the simulator's to know. Nodes without a common edge touch where
    they come near each other. Driven nodes keep the velocity they start with. To stack meshes of
    different sizes, fill them up with held nodes far from everything and with edges that join a
    node to itself.

    **Arguments:**

    - `rest`: positions of the nodes in metres in which nothing pulls, `(node, mesh)`; a sheet in
      space has two of these coordinates and three of the others.
    - `position`: in metres, `(node, dim)`; `velocity`: in metres a second.
    - `edges`: pairs of nodes that are joined, each pair once, `(pair, 2)`.
    - `kind`: a `NodeKind` for each node, `(node,)`.
    - `gravity`: acceleration in metres a second squared, `(dim,)`.
    """

    rest: Float[Array, "node mesh"]
    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    edges: Int[Array, "pair 2"]
    kind: Int[Array, " node"]
    gravity: Float[Array, " dim"]


class FoilScene(eqx.Module):
    """Steady flow of an incompressible fluid around a section; the chord is the unit of length.

    **Arguments:**

    - `surface`: counterclockwise from the upper trailing edge, each point once, `(point, 2)`.
    - `angle`: of attack in radians: the stream comes from below for positive ones.
    - `speed`: of the stream in chords a second.
    - `viscosity`: kinematic, in square chords a second.
    """

    surface: Float[Array, "point 2"]
    angle: Scalar = eqx.field(converter=as_float)
    speed: Scalar = eqx.field(converter=as_float, default=10.0)
    viscosity: Scalar = eqx.field(converter=as_float, default=1.5e-5)

    @property
    def stream(self) -> Float[Array, "2"]:
        """Velocity far away, in chords a second."""
        return self.speed * jnp.stack([jnp.cos(self.angle), jnp.sin(self.angle)])


class FoilFlow(eqx.Module):
    """Steady flow on an O-grid around a section; cells in layers from the surface outwards.

    **Arguments:**

    - `nodes`: of the grid in chords, `(ring, point, 2)`.
    - `velocity`: in chords a second, `(layer, point, 2)`.
    - `pressure`: over density, against the far field's, in square chords a second squared,
      `(layer, point)`.
    - `eddy_viscosity`: the working variable of Spalart and Allmaras in square chords a second,
      `(layer, point)`.
    - `shear`: stress over density that the fluid exerts on the edges of the surface, `(point, 2)`.
    - `stream`: velocity far away, in chords a second, `(2,)`.
    """

    nodes: Float[Array, "ring point 2"]
    velocity: Float[Array, "layer point 2"]
    pressure: Float[Array, "layer point"]
    eddy_viscosity: Float[Array, "layer point"]
    shear: Float[Array, "point 2"]
    stream: Float[Array, "2"]
