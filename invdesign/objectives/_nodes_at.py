"""Some nodes of a mesh near a point."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._rollout import Trajectory
from .._types import Array, Float, Int, Scalar, as_float
from ._base import AbstractObjective, AbstractScore


class NodesAt(AbstractScore):
    r"""A Gaussian of how far the middle of some nodes is from a point, at the last frame:

    $$\exp(-\tfrac12 |\bar x - \mu|^2 / w^2)$$

    **Arguments:**

    - `nodes`: which ones, `(chosen,)`.
    - `point`: $\mu$ in metres, `(dim,)`; `width`: $w$ in metres, above 0.

    **Raises:** `ValueError` for a width that is not positive.
    """

    nodes: Int[Array, " chosen"]
    point: Float[Array, " dim"] = eqx.field(converter=as_float)
    width: Scalar = eqx.field(converter=as_float)

    def __check_init__(self):
        if not self.width > 0:
            raise ValueError(f"`NodesAt` needs width > 0, got {self.width}.")

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        middle = trajectory.frames.position[-1][self.nodes].mean(axis=0)
        off = (middle - self.point.astype(middle.dtype)) / self.width.astype(middle.dtype)
        return jnp.exp(-0.5 * jnp.sum(off**2))


class NodesOff(AbstractObjective):
    """One less the score of `NodesAt`: 0 where the nodes are at the point.

    A wide one gives a gradient from far off, a narrow one shapes the end.
    """

    at: NodesAt

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return 1.0 - self.at(trajectory, design)
