"""Sections that a model is asked about, and the data it knows."""

from collections.abc import Sequence

import equinox as eqx
import jax
import numpy as np

from ..._types import Array, Bool, Scalar
from ...scenes import SectionScene
from ._simulator import FAR_FROM_DATA, FlowSimulator


def beyond_data(
    simulator: FlowSimulator, scenes: Sequence[SectionScene]
) -> tuple[np.ndarray, np.ndarray]:
    """Distances of sections at their angles to the model's data, and where they are too far.

    Too far is a distance above `FAR_FROM_DATA`, or an angle that the data do not reach; `(scene,)`
    each (host side).
    """
    found = [_measured(simulator, scene) for scene in scenes]
    distances, outside = (np.asarray(column) for column in zip(*found, strict=True))
    return distances, outside | ~(distances <= FAR_FROM_DATA)


@eqx.filter_jit
def _measured(simulator: FlowSimulator, scene: SectionScene) -> tuple[Scalar, Bool[Array, ""]]:
    # Under float64 either may still be of single precision.
    simulator, scene = jax.tree.map(
        lambda x: x.astype(float) if eqx.is_inexact_array(x) else x, (simulator, scene)
    )
    low, high = simulator.angles
    outside = (scene.angle < low) | (scene.angle > high)
    return simulator.distance_to_data(scene), outside
