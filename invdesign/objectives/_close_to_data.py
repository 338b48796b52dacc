"""A trust region: designs like those a learned simulator has seen."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax

from .._rollout import Trajectory
from .._types import Array, Float, Scalar, as_float
from ._base import AbstractConstraint


class CloseToData(AbstractConstraint):
    """Every scene of a design within a distance of the data that a simulator learned from.

    What a search finds beyond its data a learned simulator has made up: the nearer, the surer, and
    the fewer designs there are. Costs no simulator step. A penalty is the same through
    `optimizers.Penalized` or `AugmentedLagrangian`.

    Source: the trust region of Alexandrov et al. (1998), A trust-region framework for managing the
    use of approximation models in optimization, with a distance from data for its radius.

    **Arguments:**

    - `distance`: of a scene, e.g. `FlowSimulator.distance_to_data`; 1 is typical of the data.
    - `build`, `conditions`: those of the task.
    - `limit`: largest distance, above 0.
    - `tolerance`: above 0.

    **Raises:** `ValueError` if the limit or the tolerance is not above 0.
    """

    distance: Callable[[Any], Scalar]
    build: Callable[[Any, Any], Any]
    conditions: Any
    limit: Float[Array, ""] = eqx.field(converter=as_float)
    tolerance: float = eqx.field(static=True, default=1e-3)
    name: str = eqx.field(static=True, default="distance to the data")
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        if not (self.limit > 0 and self.tolerance > 0):
            raise ValueError(
                "`CloseToData` needs a limit and a tolerance above 0, got "
                f"{float(self.limit):g} and {self.tolerance:g}."
            )

    def distances(self, design: Any) -> Float[Array, " condition"]:
        """Of the design's scene on every condition."""
        return jax.vmap(lambda c: self.distance(self.build(design, c)))(self.conditions)

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Float[Array, " constraint"]:
        distances = self.distances(design)
        return self.limit.astype(distances.dtype) - distances
