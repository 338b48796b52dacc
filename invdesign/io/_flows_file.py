"""`flows.npz`: all that the pictures of an airfoil run need, so that they can be made again."""

import dataclasses
from pathlib import Path

import jax
import numpy as np

from .._scene import FoilFlow
from ._atomic import read_npz, write_npz

Array = np.ndarray | jax.Array

_FLOWS = ("initial", "simulated", "reference")
_FIELDS = tuple(field.name for field in dataclasses.fields(FoilFlow))
_POLARS = ("initial_polar", "simulated_polar", "reference_polar")


@dataclasses.dataclass(frozen=True)
class StoredFlows:
    """The first point of flight of an airfoil run, polars, and how the shape came about.

    A polar has rows of angle of attack in degrees, lift, drag and moment, `(angle, 4)`.

    **Arguments:**

    - `initial`: the first section under the simulator that was descended through.
    - `simulated`: the optimized section under the same simulator.
    - `reference`: the optimized section in the reference solver, or `None`.
    - `initial_polar`, `simulated_polar`, `reference_polar`: of the same three.
    - `shapes`: the champion's surface after every iteration, `(iteration, point, 2)`.
    """

    initial: FoilFlow
    simulated: FoilFlow
    reference: FoilFlow | None
    initial_polar: Array
    simulated_polar: Array
    reference_polar: Array | None
    shapes: Array


def write_flows(path: str | Path, stored: StoredFlows) -> Path:
    """Write flows atomically, in single precision.

    **Raises:** `ValueError` if the file cannot be written.
    """
    arrays = {"shapes": stored.shapes}
    for name in _FLOWS:
        if (flow := getattr(stored, name)) is not None:
            arrays |= {f"{name}_{field}": getattr(flow, field) for field in _FIELDS}
    for name in _POLARS:
        if (polar := getattr(stored, name)) is not None:
            arrays[name] = polar
    return write_npz(path, **{key: np.asarray(x, np.float32) for key, x in arrays.items()})


def read_flows(path: str | Path) -> StoredFlows:
    """The flows of an airfoil run.

    **Raises:** `ValueError` naming the file if it is missing, damaged or something else.
    """
    arrays = read_npz(path)
    try:
        verified = "reference_nodes" in arrays
        return StoredFlows(
            initial=_flow(arrays, "initial"),
            simulated=_flow(arrays, "simulated"),
            reference=_flow(arrays, "reference") if verified else None,
            initial_polar=arrays["initial_polar"],
            simulated_polar=arrays["simulated_polar"],
            reference_polar=arrays.get("reference_polar"),
            shapes=arrays["shapes"],
        )
    except KeyError as error:
        raise ValueError(
            f"`{path}` holds no flows of an airfoil run: {error} is missing."
        ) from error


def _flow(arrays: dict[str, np.ndarray], name: str) -> FoilFlow:
    return FoilFlow(**{field: jax.numpy.asarray(arrays[f"{name}_{field}"]) for field in _FIELDS})
