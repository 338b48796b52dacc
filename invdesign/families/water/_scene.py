"""What the water tasks share: blocks of water as conditions, and the scene built around a tool."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Float, as_float
from ...scenes import ParticleScene


class WaterBlock(eqx.Module):
    """Where the water of a scene starts; the condition of a water task.

    **Arguments:**

    - `position`: of the particles in metres, `(node, 2)`; several conditions have a leading axis.
    - `velocity`: in metres a second, of the same shape.
    - `spacing`: distance of neighboring particles in metres, `None` where it is to be measured.
    """

    position: Float[Array, "*condition node 2"]
    velocity: Float[Array, "*condition node 2"]
    spacing: float | None = eqx.field(static=True, default=None)


def jittered_blocks(
    num_blocks: int,
    *,
    seed: int,
    center: Sequence[float] | np.ndarray,
    counts: tuple[int, int] = (16, 16),
    spacing: float = 1 / 80,
    shift: float = 0.02,
    speed: float = 0.2,
    velocity: Sequence[float] | np.ndarray = (0.0, 0.0),
) -> WaterBlock:
    """Rectangular blocks of water that start from slightly different places and velocities.

    Drawn with NumPy on the host: the same seed gives the same blocks everywhere, and the first
    blocks of a longer draw are those of a shorter one.

    **Arguments:**

    - `num_blocks`: length of the leading axis, at least 1.
    - `seed`: of the draw.
    - `center`: of the unshifted block in metres.
    - `counts`: particles along x and y.
    - `spacing`: distance of neighbours in metres.
    - `shift`: largest shift of the center along each axis in metres.
    - `velocity`: that the blocks start with, in metres a second, but for:
    - `speed`: the largest that each adds along each axis in metres a second.

    **Raises:** `ValueError` for `num_blocks`, `counts` or `spacing` that are not positive.
    """
    if num_blocks < 1 or min(counts) < 1 or not spacing > 0:
        raise ValueError(
            "`jittered_blocks` needs num_blocks, counts and spacing above 0, got "
            f"{num_blocks}, {counts} and {spacing}."
        )
    draws = np.random.default_rng(seed).uniform(-1.0, 1.0, (num_blocks, 2, 2))
    axes = [(np.arange(n) - 0.5 * (n - 1)) * spacing for n in counts]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    position = np.asarray(center) + shift * draws[:, :1] + lattice
    thrown = np.broadcast_to(np.asarray(velocity) + speed * draws[:, 1:], position.shape)
    return WaterBlock(as_float(position), as_float(thrown), float(spacing))


class BuildWater(eqx.Module):
    """Puts a tool and a block of water into a box with fixed obstacles: `build` of a water task.

    **Arguments:**

    - `segments`: fixed obstacles beside the tool, end points in metres, `(segment, 2, 2)`.
    - `segment_radius`: their half thickness in metres, one for all.
    - `lower`, `upper`: corners of the box in metres, `(2,)`.
    - `gravity`: in metres a second squared, `(2,)`.
    """

    segments: Float[Array, "segment 2 2"] = eqx.field(
        converter=as_float, default_factory=lambda: jnp.zeros((0, 2, 2))
    )
    segment_radius: Float[Array, ""] = eqx.field(converter=as_float, default=0.015)
    lower: Float[Array, " 2"] = eqx.field(converter=as_float, default=(0.0, 0.0))
    upper: Float[Array, " 2"] = eqx.field(converter=as_float, default=(1.0, 1.0))
    gravity: Float[Array, " 2"] = eqx.field(converter=as_float, default=(0.0, -9.81))

    def __call__(self, design: Any, condition: WaterBlock) -> ParticleScene:
        """The scene of a `design` with `segments` and `segment_radius`; tool first.

        Its type is the design's, so that a gradient in float64 stays there.
        """
        dtype = design.segments.dtype
        fixed = self.segments.astype(dtype)
        radius = jnp.full(fixed.shape[:1], self.segment_radius, dtype)
        return ParticleScene(
            position=condition.position.astype(dtype),
            velocity=condition.velocity.astype(dtype),
            segments=jnp.concatenate([design.segments, fixed]),
            segment_radius=jnp.concatenate([design.segment_radius, radius]),
            lower=self.lower.astype(dtype),
            upper=self.upper.astype(dtype),
            gravity=self.gravity.astype(dtype),
            spacing=condition.spacing,
        )
