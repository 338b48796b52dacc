"""Sections of wings bent by a lattice around them."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Float, Latent, PRNGKeyArray, as_float
from ..sections import SectionLayout
from ._base import AbstractSpace
from ._bounded import encode_bounded, sample_uniform, squash, unsquash
from ._section_design import SECTION_STEP, SectionDesign, bernstein, check_angles


class FFD(AbstractSpace[SectionDesign]):
    r"""A section bent by a lattice of `columns` x 2 points that move up and down.

    $$y' = y + \sum_i B_i(x)\,\left[c_i + \frac{y}{h}\,t_i\right]$$

    with the Bernstein polynomials $B_i$ of degree `columns - 1` and a lattice from $-h$ to $h$,
    whose points in column $i$ move by $c_i \pm t_i$: a camber and an opening. All 0 is the baseline
    exactly. Moving the whole lattice, or shearing it, only moves or turns the section, which the
    angle of attack does too; so the first and the last column have no camber.

    Parameters: cambers of the inner columns and openings of all columns in chords, then the angles
    of attack in radians: $2 n - 2$ and the angles, for $n$ columns.

    Source: Sederberg and Parry (1986), Free-form deformation of solid geometric models.

    **Arguments:**

    - `baseline`: the surface that is bent, in `layout`, `(point, 2)`.
    - `layout`: of the surface.
    - `columns`: of the lattice, at least 2.
    - `height`: $h$ in chords, above 0.
    - `max_camber`: bound of every camber in chords, above 0.
    - `max_opening`: bound of every opening in chords, in (0, `height`).
    - `angles`: lowest and highest angle of attack in radians, `(2,)`.
    - `initial_angles`: that a search starts from, in radians, `(angle,)`.

    **Raises:** `ValueError` for values out of these ranges.
    """

    baseline: Float[Array, "point 2"] = eqx.field(converter=as_float)
    layout: SectionLayout
    columns: int = eqx.field(static=True, default=5)
    height: Float[Array, ""] = eqx.field(converter=as_float, default=0.08)
    max_camber: Float[Array, ""] = eqx.field(converter=as_float, default=0.05)
    max_opening: Float[Array, ""] = eqx.field(converter=as_float, default=0.03)
    angles: Float[Array, "2"] = eqx.field(converter=as_float, default=(-0.05, 0.2))
    initial_angles: Float[Array, " angle"] = eqx.field(converter=as_float, default=(0.09,))

    def __check_init__(self):
        if self.baseline.shape != (self.layout.num_points, 2):
            raise ValueError(
                f"`FFD` needs a baseline of {self.layout.num_points} points in its layout, got "
                f"shape {self.baseline.shape}."
            )
        if self.columns < 2 or not (self.max_camber > 0 and 0 < self.max_opening < self.height):
            raise ValueError(
                "`FFD` needs columns >= 2, max_camber > 0 and 0 < max_opening < height, got "
                f"{self.columns}, {self.max_camber}, {self.max_opening} and {self.height}."
            )
        check_angles("FFD", self.angles, self.initial_angles)

    @property
    def size(self) -> int:
        return 2 * self.columns - 2 + self.initial_angles.shape[0]

    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds of the parameters, `(parameter,)` each."""
        camber = jnp.full((self.columns - 2,), self.max_camber)
        shape = jnp.concatenate([camber, jnp.full((self.columns,), self.max_opening)])
        turns = jnp.ones_like(self.initial_angles)
        lower = jnp.concatenate([-shape, self.angles[0] * turns])
        return lower, jnp.concatenate([shape, self.angles[1] * turns])

    @property
    def step(self) -> float:
        return SECTION_STEP

    def initial(self) -> Latent:
        zeros = jnp.zeros((2 * self.columns - 2,), self.initial_angles.dtype)
        return unsquash(jnp.concatenate([zeros, self.initial_angles]), *self.bounds())

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        return sample_uniform(self.size, self.baseline.dtype, key=key)

    def decode(self, latent: Latent) -> SectionDesign:
        parameters = squash(latent, *self.bounds())
        num = 2 * self.columns - 2
        surface = self.bend(parameters[:num])
        return SectionDesign(parameters, surface, parameters[num:])

    def encode(self, parameters: Any) -> Latent:
        what = "camber, opening or angle"
        return encode_bounded(parameters, *self.bounds(), size=self.size, what=what)

    def lattice(self, shape: Float[Array, " displacement"]) -> Float[Array, "2 column"]:
        """Displacements of all lattice points in chords, the lower row first."""
        camber, opening = jnp.pad(shape[: self.columns - 2], 1), shape[self.columns - 2 :]
        return jnp.stack([camber - opening, camber + opening])

    def bend(self, shape: Float[Array, " displacement"]) -> Float[Array, "point 2"]:
        """The surface for parameters without the angles; unchecked and traceable."""
        camber, opening = jnp.pad(shape[: self.columns - 2], 1), shape[self.columns - 2 :]
        x, y = self.baseline.astype(shape.dtype).T
        basis = bernstein(x, self.columns - 1)
        rise = basis @ camber + y / self.height.astype(shape.dtype) * (basis @ opening)
        return jnp.stack([x, y + rise], axis=1)
