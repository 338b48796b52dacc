"""How steep a landscape may be, whatever the water does."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from ..._rollout import Trajectory
from ..._types import Array, Float
from ...objectives import AbstractConstraint
from ._course import BuildWatercourse


class NoSteeperThan(AbstractConstraint):
    r"""No triangle of the landscape steeper than an angle, for a tool or a mold that has a limit.

    One entry a cell, $1 - s / \tan \alpha$ with the slope $s$ of the steeper of its two triangles,
    the ground under the design included.

    **Arguments:** `degrees`: $\alpha$, above 0 and below 90; `build`: of the task, which knows the
    ground.

    **Raises:** `ValueError` for other angles.
    """

    degrees: float = eqx.field(static=True)
    build: BuildWatercourse
    name: str = eqx.field(static=True, default="steepest slope")
    tolerance: float = eqx.field(static=True, default=0.02)  # of the slope
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        if not 0 < self.degrees < 90:
            raise ValueError(
                f"`NoSteeperThan` needs an angle above 0 and below 90 degrees, got {self.degrees}."
            )

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Float[Array, " cell"]:
        heights = self.build.heights(design)
        most = jnp.tan(jnp.deg2rad(jnp.asarray(self.degrees, heights.dtype)))
        return 1.0 - slopes(heights).ravel() / most


def slopes(heights: Float[Array, "x z"]) -> Float[Array, "cell_x cell_z"]:
    """Slope of the steeper triangle of each cell of a landscape over the unit square."""
    along = jnp.diff(heights, axis=0) * (heights.shape[0] - 1)
    across = jnp.diff(heights, axis=1) * (heights.shape[1] - 1)
    near, far = along[:, :-1], along[:, 1:]  # edges along x at a cell's sides
    left, right = across[:-1], across[1:]  # and along z
    # Halved from the first corner to the last, or from the second to the third, in turn.
    odd = jnp.add.outer(jnp.arange(near.shape[0]), jnp.arange(near.shape[1])) % 2 == 1
    first = near**2 + jnp.where(odd, left, right) ** 2
    second = far**2 + jnp.where(odd, right, left) ** 2
    square = jnp.maximum(first, second)
    return jnp.sqrt(jnp.maximum(square, 1e-12))
