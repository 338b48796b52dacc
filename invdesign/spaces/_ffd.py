"""Sections of wings bent by a lattice around them."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Float, Latent, PRNGKeyArray, as_float
from ..sections import SectionLayout
from ._base import AbstractSpace
from ._bounded import encode_bounded, sample_uniform, squash, unsquash
from ._foil import FoilDesign, bernstein, check_angles


class FFD(AbstractSpace[FoilDesign]):
    r"""A section bent by a lattice of `columns` x 2 points that move up and down.

    $$y' = y + \sum_{i} B_i(x)\,[(1 - v)\,d_i^- + v\,d_i^+], \qquad v = \frac{y + h}{2h}$$

    with the Bernstein polynomials $B_i$ of degree `columns - 1` and a lattice from $-h$ to $h$. All
    $d = 0$ is the baseline exactly. Moving the whole lattice, or shearing it, only moves or turns
    the section, which the angle of attack does too; so the middle of the first and of the last
    column is pinned: there the lower point mirrors the upper one.

    Parameters: displacements in chords of the inner columns' upper points, then of their lower
    ones, half the opening of the first and of the last column, then the angles of attack in
    radians: $2 n - 2$ and the angles, for $n$ columns.

    Source: Sederberg and Parry (1986), Free-form deformation of solid geometric models.

    **Arguments:**

    - `baseline`: the surface that is bent, in `layout`, `(point, 2)`.
    - `layout`: of the surface.
    - `columns`: of the lattice, at least 2.
    - `height`: $h$ in chords, above 0.
    - `max_displacement`: bound of every displacement in chords, in (0, `height`).
    - `angles`: lowest and highest angle of attack in radians, `(2,)`.
    - `initial_angles`: that a search starts from, in radians, `(angle,)`.

    **Raises:** `ValueError` for values out of these ranges.
    """

    baseline: Float[Array, "point 2"] = eqx.field(converter=as_float)
    layout: SectionLayout
    columns: int = eqx.field(static=True, default=5)
    height: Float[Array, ""] = eqx.field(converter=as_float, default=0.08)
    max_displacement: Float[Array, ""] = eqx.field(converter=as_float, default=0.03)
    angles: Float[Array, "2"] = eqx.field(converter=as_float, default=(-0.05, 0.2))
    initial_angles: Float[Array, " angle"] = eqx.field(converter=as_float, default=(0.09,))

    def __check_init__(self):
        if self.baseline.shape != (self.layout.num_points, 2):
            raise ValueError(
                f"`FFD` needs a baseline of {self.layout.num_points} points in its layout, got "
                f"shape {self.baseline.shape}."
            )
        if self.columns < 2 or not 0 < self.max_displacement < self.height:
            raise ValueError(
                "`FFD` needs columns >= 2 and 0 < max_displacement < height, got "
                f"{self.columns}, {self.max_displacement} and {self.height}."
            )
        check_angles("FFD", self.angles, self.initial_angles)

    @property
    def size(self) -> int:
        return 2 * self.columns - 2 + self.initial_angles.shape[0]

    def _bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds of the parameters, `(parameter,)` each."""
        shape = jnp.full((2 * self.columns - 2,), self.max_displacement)
        turns = jnp.ones_like(self.initial_angles)
        lower = jnp.concatenate([-shape, self.angles[0] * turns])
        return lower, jnp.concatenate([shape, self.angles[1] * turns])

    def initial(self) -> Latent:
        zeros = jnp.zeros((2 * self.columns - 2,), self.initial_angles.dtype)
        return unsquash(jnp.concatenate([zeros, self.initial_angles]), *self._bounds())

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        return sample_uniform(self.size, self.baseline.dtype, key=key)

    def decode(self, latent: Latent) -> FoilDesign:
        parameters = squash(latent, *self._bounds())
        num = 2 * self.columns - 2
        surface = self.bend(parameters[:num])
        return FoilDesign(parameters, surface, parameters[num:])

    def encode(self, parameters: Any) -> Latent:
        what = "displacement or angle"
        return encode_bounded(parameters, *self._bounds(), size=self.size, what=what)

    def lattice(self, displacements: Float[Array, " displacement"]) -> Float[Array, "2 column"]:
        """Displacements of all lattice points in chords, the lower row first."""
        inner = self.columns - 2
        over, under = displacements[:inner], displacements[inner : 2 * inner]
        first, last = displacements[2 * inner :, None]
        upper = jnp.concatenate([first, over, last])
        return jnp.stack([jnp.concatenate([-first, under, -last]), upper])

    def bend(self, displacements: Float[Array, " displacement"]) -> Float[Array, "point 2"]:
        """The surface for displacements without the angles; unchecked and traceable."""
        lower, upper = self.lattice(displacements)
        dtype = displacements.dtype
        x, y = self.baseline.astype(dtype).T
        basis = bernstein(x, self.columns - 1)
        share = 0.5 * (y / self.height.astype(dtype) + 1)
        return jnp.stack([x, y + (1 - share) * (basis @ lower) + share * (basis @ upper)], axis=1)
