"""A chain of straight links that bends at its joints."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._types import Array, Float, Latent, PRNGKeyArray, Segments, as_float
from ._base import STEP, AbstractPlaced, SegmentDesign
from ._bounded import checked_parameters, encode_bounded, sample_uniform, squash, unsquash

_JOINTS = 16  # of the chains that take the usual step


class JointChain(AbstractPlaced[SegmentDesign]):
    r"""A tool made of equal straight links, designed by one joint angle a link.

    The joint `root` is held at `anchor`. From it one arm goes out along `base_angle` and, unless
    the root is the chain's end, a second one along the opposite direction. Every angle turns a
    link against the one before it, seen from the root: outwards
    $\theta_k = \theta_{k-1} + \alpha_k$ on the first arm and $\theta_{k-1} - \alpha_k$ on the
    second, so that equal angles bend both arms to the same side (upwards for positive angles and
    `base_angle = 0`). With $\alpha = \alpha_{max} \tanh z$ links keep their length and angles
    their bounds for every latent $z$.

    Angles accumulate: turning one joint near the root moves the tip by the arm's length times
    the angle. Choosing `max_bend` in proportion to `1 / num_joints` keeps the effect of a change
    of the whole latent alike from 4 joints to 48.

    Segments are ordered along the chain, from the end of the second arm to the end of the first.

    Source: the joint angles of Allen et al. (2022), arXiv 2202.00728; the two arms and
    the bounds are ours.

    **Arguments:**

    - `num_joints`: number of links and of angles, at least 1.
    - `length`: of the whole chain in metres.
    - `anchor`: position of the root in metres, `(2,)`.
    - `base_angle`: direction in radians that the first arm has at zero angles.
    - `root`: which joint is held: 0 is the end, `num_joints // 2` the middle.
    - `max_bend`: bound of every joint angle in radians, in (0, pi].
    - `radius`: half thickness in metres.
    - `initial_parameters`: joint angles that a search starts from, `(num_joints,)` or one for all.

    **Raises:** `ValueError` for values out of these ranges.
    """

    num_joints: int = eqx.field(static=True)
    length: Float[Array, ""] = eqx.field(converter=as_float)
    anchor: Float[Array, " 2"] = eqx.field(converter=as_float)
    base_angle: Float[Array, ""] = eqx.field(converter=as_float, default=0.0)
    root: int = eqx.field(static=True, default=0)
    max_bend: Float[Array, ""] = eqx.field(converter=as_float, default=0.6)
    radius: Float[Array, ""] = eqx.field(converter=as_float, default=0.015)
    initial_parameters: Float[Array, "*joint"] = eqx.field(converter=as_float, default=0.0)

    def __check_init__(self):
        if self.num_joints < 1 or not 0 <= self.root < self.num_joints:
            raise ValueError(
                "`JointChain` needs num_joints >= 1 and 0 <= root < num_joints, got "
                f"{self.num_joints} and {self.root}."
            )
        if not (self.length > 0 and self.radius > 0 and 0 < self.max_bend <= jnp.pi):
            raise ValueError(
                "`JointChain` needs length > 0, radius > 0 and 0 < max_bend <= pi, got "
                f"{self.length}, {self.radius} and {self.max_bend}."
            )
        initial, bound = np.asarray(self.initial_parameters), np.asarray(self.max_bend)
        initial = np.broadcast_to(initial, (self.size,)) if initial.ndim == 0 else initial
        checked_parameters(initial, -bound, bound, size=self.size, what="joint angle")

    @property
    def size(self) -> int:
        return self.num_joints

    def _initial_parameters(self) -> Float[Array, " joint"]:
        return jnp.broadcast_to(self.initial_parameters, (self.num_joints,))

    @property
    def step(self) -> float:
        """Angles add up: the more joints there are, the less each may turn."""
        return STEP * _JOINTS / self.num_joints

    def initial(self) -> Latent:
        return unsquash(self._initial_parameters(), -self.max_bend, self.max_bend)

    def places(self) -> Float[Array, "latent dim"]:
        return (jnp.arange(self.size, dtype=self.length.dtype)[:, None] + 0.5) / self.size

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        return sample_uniform(self.size, self.length.dtype, key=key)

    def decode(self, latent: Latent) -> SegmentDesign:
        angles = squash(latent, -self.max_bend, self.max_bend)
        return SegmentDesign(
            parameters=angles,
            segments=self.segments(angles),
            segment_radius=jnp.full((self.num_joints,), self.radius, latent.dtype),
        )

    def encode(self, parameters: Any) -> Latent:
        return encode_bounded(
            parameters, -self.max_bend, self.max_bend, size=self.size, what="joint angle"
        )

    def segments(self, angles: Float[Array, " joint"]) -> Segments:
        """Centre lines of the links at these joint angles."""
        base = self.base_angle.astype(angles.dtype)
        first = self._arm(base + jnp.cumsum(angles[self.root :]))
        second = self._arm(base + jnp.pi - jnp.cumsum(angles[: self.root][::-1]))
        anchor = self.anchor.astype(angles.dtype)[None]
        vertices = jnp.concatenate([second[::-1], anchor, first])
        return jnp.stack([vertices[:-1], vertices[1:]], axis=1)

    def _arm(self, heading: Float[Array, " link"]) -> Float[Array, "link 2"]:
        """Outer ends of the links of an arm whose links point along `heading`."""
        step = jnp.stack([jnp.cos(heading), jnp.sin(heading)], axis=-1)
        link = (self.length / self.num_joints).astype(heading.dtype)
        return self.anchor.astype(heading.dtype)[None] + link * jnp.cumsum(step, axis=0)
