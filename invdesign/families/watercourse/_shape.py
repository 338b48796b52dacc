"""What a landscape should look like, whatever the water does."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from ..._rollout import Trajectory
from ..._types import Scalar
from ...objectives import AbstractObjective
from ...spaces import Slice


class SmoothHeights(AbstractObjective):
    r"""Half the mean squared first difference of heights along x and along z, in square metres.

    $$\tfrac12 \left(\overline{(\Delta_x h)^2} + \overline{(\Delta_z h)^2}\right)$$

    Source: the code that Allen et al. (2022), arXiv 2202.00728, released, with a weight of 100.
    """

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        along, across = (jnp.diff(design.heights, axis=axis) for axis in (0, 1))
        return 0.5 * (jnp.mean(along**2) + jnp.mean(across**2))


def tilt_and_trough(nodes: int, angle: float, amplitude: float) -> Slice:
    """Landscapes that two numbers describe: tilted towards an angle, and a trough along it.

    **Arguments:** `nodes`: a side; `angle`: in degrees from x to z; `amplitude`: bound of all
    heights in metres, at which these are cut off. Both numbers are heights at the corners that are
    farthest away, up to twice that.
    """
    line = np.linspace(-0.5, 0.5, nodes)
    x, z = np.meshgrid(line, line, indexing="ij")
    turn = np.deg2rad(angle)
    along = (x * np.cos(turn) + z * np.sin(turn)).ravel()
    across = np.abs(z * np.cos(turn) - x * np.sin(turn)).ravel()
    directions = np.stack([-along / along.max(), 2 * across / across.max() - 1])
    return Slice(
        ("tilt", "trough"), [0.0, 0.0], [2 * amplitude] * 2, directions,
        least=-amplitude, most=amplitude,
    )  # fmt: skip
