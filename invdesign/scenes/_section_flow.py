"""Steady flow around a section."""

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Float, Scalar, as_float


class SectionScene(eqx.Module):
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
    def reynolds(self) -> Scalar:
        """Reynolds number on the chord; 6.67e5 by default."""
        return jnp.asarray(self.speed) / self.viscosity  # on the host both are NumPy's

    @property
    def stream(self) -> Float[Array, "2"]:
        """Velocity far away, in chords a second."""
        return self.speed * jnp.stack([jnp.cos(self.angle), jnp.sin(self.angle)])


class SectionFlow(eqx.Module):
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
