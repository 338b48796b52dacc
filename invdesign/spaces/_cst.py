"""Sections of wings as weights of class and shape functions."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Float, Latent, PRNGKeyArray, as_float
from ..sections import SectionLayout
from ._base import AbstractSpace
from ._bounded import encode_bounded, sample_uniform, squash, unsquash
from ._section_design import SECTION_STEP, SectionDesign, bernstein, check_angles


class CST(AbstractSpace[SectionDesign]):
    r"""Class-shape transformation: two sums of Bernstein polynomials around a rounded wedge.

    $$y^\pm = \sqrt{x}\,(1 - x) \sum_i w^\pm_i B_i(x) + x\, y^\pm_t$$

    The first weights set the radius of the nose, $w_0^2 / 2$; the base of the trailing edge keeps
    the baseline's height. Parameters: upper weights, lower weights, angles in radians.

    Source: Kulfan (2008), Universal parametric geometry representation method, section III.

    **Arguments:**

    - `baseline`: the surface that a search starts from, in `layout`, `(point, 2)`; the nearest one
      with `num_weights` weights a side is taken, by least squares.
    - `layout`: of all surfaces.
    - `num_weights`: of each side, at least 2.
    - `max_change`: bound of every weight's distance from the baseline's, above 0.
    - `angles`: lowest and highest angle of attack in radians, `(2,)`.
    - `initial_angles`: that a search starts from, in radians, `(angle,)`.

    **Raises:** `ValueError` for values out of these ranges.
    """

    baseline: Float[Array, "point 2"] = eqx.field(converter=as_float)
    layout: SectionLayout
    num_weights: int = eqx.field(static=True, default=5)
    max_change: Float[Array, ""] = eqx.field(converter=as_float, default=0.15)
    angles: Float[Array, "2"] = eqx.field(converter=as_float, default=(-0.05, 0.2))
    initial_angles: Float[Array, " angle"] = eqx.field(converter=as_float, default=(0.09,))

    def __check_init__(self):
        if self.baseline.shape != (self.layout.num_points, 2):
            raise ValueError(
                f"`CST` needs a baseline of {self.layout.num_points} points in its layout, got "
                f"shape {self.baseline.shape}."
            )
        if self.num_weights < 2 or not self.max_change > 0:
            raise ValueError(
                "`CST` needs num_weights >= 2 and max_change > 0, got "
                f"{self.num_weights} and {self.max_change}."
            )
        check_angles("CST", self.angles, self.initial_angles)

    @property
    def size(self) -> int:
        return 2 * self.num_weights + self.initial_angles.shape[0]

    def fit(self, surface: Float[Array, "point 2"]) -> Float[Array, " weight"]:
        """Weights of the section nearest to a surface in `layout`, upper ones first."""
        shape = self._shapes(surface.dtype)
        x = jnp.asarray(self.layout.stations, surface.dtype)
        sides = [side - x * side[-1] for side in self.layout.sides(surface)]
        return jnp.concatenate([jnp.linalg.lstsq(shape, side)[0] for side in sides])

    def _shapes(self, dtype: Any) -> Float[Array, "station weight"]:
        x = jnp.asarray(self.layout.stations, dtype)
        return (jnp.sqrt(x) * (1 - x))[:, None] * bernstein(x, self.num_weights - 1)

    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds of the parameters, `(parameter,)` each."""
        weights, turns = self.fit(self.baseline), jnp.ones_like(self.initial_angles)
        lower = jnp.concatenate([weights - self.max_change, self.angles[0] * turns])
        return lower, jnp.concatenate([weights + self.max_change, self.angles[1] * turns])

    @property
    def step(self) -> float:
        return SECTION_STEP

    def initial(self) -> Latent:
        start = jnp.concatenate([self.fit(self.baseline), self.initial_angles])
        return unsquash(start, *self.bounds())

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        return sample_uniform(self.size, self.baseline.dtype, key=key)

    def decode(self, latent: Latent) -> SectionDesign:
        parameters = squash(latent, *self.bounds())
        weights, angles = jnp.split(parameters, [2 * self.num_weights])
        return SectionDesign(parameters, self.section(weights), angles)

    def section(self, weights: Float[Array, " weight"]) -> Float[Array, "point 2"]:
        """The surface of weights, upper ones first; the base is the baseline's."""
        shape = self._shapes(weights.dtype)
        x = jnp.asarray(self.layout.stations, weights.dtype)
        base = [side[-1] for side in self.layout.sides(self.baseline.astype(weights.dtype))]
        upper, lower = jnp.split(weights, 2)
        return self.layout.surface(shape @ upper + x * base[0], shape @ lower + x * base[1])

    def encode(self, parameters: Any) -> Latent:
        what = "weight or angle"
        return encode_bounded(parameters, *self.bounds(), size=self.size, what=what)
