"""An objective that does not trust what an ensemble disagrees about."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._rollout import Trajectory
from .._types import Array, Float, Scalar, as_float
from ._base import AbstractObjective


class Cautious(AbstractObjective):
    r"""Mean of an objective over the members of an `Ensemble`, and a price on their disagreement.

    $\bar f + \lambda \sqrt{\frac{1}{K} \sum_k (f_k - \bar f)^2}$

    A design that exploits a flaw of one member does so in that member alone: where members
    disagree, their mean is not to be believed.

    **Arguments:**

    - `objective`: of one member's trajectory.
    - `num_members`: of the ensemble, at least 2.
    - `aversion`: $\lambda \ge 0$; 1 is a good start, 0 the plain mean.

    **Raises:** `ValueError` for values out of these ranges.
    """

    objective: AbstractObjective
    num_members: int = eqx.field(static=True)
    aversion: Float[Array, ""] = eqx.field(converter=as_float, default=1.0)

    def __check_init__(self):
        if self.num_members < 2 or not self.aversion >= 0:
            raise ValueError(
                "`Cautious` needs num_members >= 2 and aversion >= 0, got "
                f"{self.num_members} and {self.aversion}."
            )

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        values = self.values(trajectory, design)
        variance = jnp.mean((values - values.mean()) ** 2)
        # Members that agree to the last bit would have a root without a slope.
        spread = jnp.sqrt(variance + jnp.finfo(values.dtype).eps)
        return values.mean() + self.aversion.astype(values.dtype) * spread

    def values(self, trajectory: Trajectory, design: Any) -> Float[Array, " member"]:
        """The objective under each member."""
        return jnp.stack(
            [
                self.objective(member_trajectory(trajectory, index, self.num_members), design)
                for index in range(self.num_members)
            ]
        )


def member_trajectory(trajectory: Trajectory, index: int, number: int) -> Trajectory:
    """What one of an ensemble's `number` members did; without its last state."""

    def own(axis: int):
        def part(leaf: Any) -> Any:
            size = leaf.shape[axis] // number
            return jax.lax.slice_in_dim(leaf, index * size, (index + 1) * size, axis=axis)

        return part

    return Trajectory(
        initial=jax.tree.map(own(0), trajectory.initial),
        frames=jax.tree.map(own(1), trajectory.frames),
        final=None,
        result=trajectory.result,
    )
