"""Straight blades that turn about fixed centres."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._types import Array, Float, Latent, PRNGKeyArray, as_float
from ._base import STEP, AbstractPlaced, SegmentDesign
from ._bounded import checked_parameters, encode_bounded, sample_uniform, squash, unsquash


class Rotors(AbstractPlaced[SegmentDesign]):
    r"""Blades that turn about their fixed centres, designed by one angle each.

    The angle against the horizontal is $\alpha = \alpha_{max} \tanh z$. A blade at
    $\alpha + \pi$ is the same blade, so the default bound of $\pi/2$ covers every position once.

    Source: the rotors of the Maze task of Allen et al. (2022), arXiv 2202.00728; the
    bound is ours.

    **Arguments:**

    - `centers`: of the blades in metres, `(rotor, 2)`.
    - `length`: of every blade in metres.
    - `max_angle`: bound of every angle in radians, in (0, pi].
    - `radius`: half thickness in metres.
    - `initial_parameters`: angles that a search starts from, `(rotor,)` or one for all.

    **Raises:** `ValueError` for values out of these ranges.
    """

    centers: Float[Array, "rotor 2"] = eqx.field(converter=as_float)
    length: Float[Array, ""] = eqx.field(converter=as_float)
    max_angle: Float[Array, ""] = eqx.field(converter=as_float, default=jnp.pi / 2)
    radius: Float[Array, ""] = eqx.field(converter=as_float, default=0.015)
    initial_parameters: Float[Array, "*rotor"] = eqx.field(converter=as_float, default=0.0)

    def __check_init__(self):
        if self.centers.ndim != 2 or self.centers.shape[0] < 1 or self.centers.shape[1] != 2:
            raise ValueError(
                f"`Rotors` needs centers of shape (rotor, 2), got {self.centers.shape}."
            )
        if not (self.length > 0 and self.radius > 0 and 0 < self.max_angle <= jnp.pi):
            raise ValueError(
                "`Rotors` needs length > 0, radius > 0 and 0 < max_angle <= pi, got "
                f"{self.length}, {self.radius} and {self.max_angle}."
            )
        initial, bound = np.asarray(self.initial_parameters), np.asarray(self.max_angle)
        initial = np.broadcast_to(initial, (self.size,)) if initial.ndim == 0 else initial
        checked_parameters(initial, -bound, bound, size=self.size, what="rotor angle")

    @property
    def size(self) -> int:
        return self.centers.shape[0]

    def _initial_parameters(self) -> Float[Array, " rotor"]:
        return jnp.broadcast_to(self.initial_parameters, (self.size,))

    @property
    def step(self) -> float:
        """Blades turn each for itself: twice what suits a joint, and their own way the sooner."""
        return 2 * STEP

    @property
    def narrowing(self) -> float:
        return 1 / 3

    def initial(self) -> Latent:
        return unsquash(self._initial_parameters(), -self.max_angle, self.max_angle)

    def places(self) -> Float[Array, "latent dim"]:
        extent = jnp.ptp(self.centers, axis=0).max()
        return self.centers / jnp.where(extent > 0, extent, 1.0)

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        return sample_uniform(self.size, self.centers.dtype, key=key)

    def decode(self, latent: Latent) -> SegmentDesign:
        angles = squash(latent, -self.max_angle, self.max_angle)
        direction = jnp.stack([jnp.cos(angles), jnp.sin(angles)], axis=-1)
        half = (0.5 * self.length).astype(latent.dtype) * direction
        centers = self.centers.astype(latent.dtype)
        return SegmentDesign(
            parameters=angles,
            segments=jnp.stack([centers - half, centers + half], axis=1),
            segment_radius=jnp.full((self.size,), self.radius, latent.dtype),
        )

    def encode(self, parameters: Any) -> Latent:
        return encode_bounded(
            parameters, -self.max_angle, self.max_angle, size=self.size, what="rotor angle"
        )
