"""`flows.npz`: all that the pictures of an airfoil run need, so that they can be made again."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import jax
import numpy as np

from ...io._arrays import ArraySchema, check_arrays
from ...io._npz import read_npz, write_npz
from ...scenes import SectionFlow

Array = np.ndarray | jax.Array

_FLOWS = ("initial", "simulated", "reference")
_FIELDS = tuple(field.name for field in dataclasses.fields(SectionFlow))
_POLARS = ("initial_polar", "simulated_polar", "reference_polar", "coarse_polar")
_OPTIONAL = _POLARS[2:]
_LIMIT = 2**28  # bytes of all arrays together
_AXES = {
    "nodes": "{}_ring {}_point 2",
    "velocity": "{}_layer {}_point 2",
    "pressure": "{}_layer {}_point",
    "eddy_viscosity": "{}_layer {}_point",
    "shear": "{}_point 2",
    "stream": "2",
}
_GIVEN = ("nodes", "stream")  # what is known of a case that failed, too


def _schema(arrays: Mapping[str, np.ndarray]) -> dict[str, ArraySchema]:
    """What the arrays have to be; those of a case that failed are all NaN."""
    flows = [name for name in _FLOWS if name != "reference" or f"{name}_nodes" in arrays]
    schema = {
        f"{name}_{field}": ArraySchema(axes.format(name, name), finite=field in _GIVEN)
        for name in flows
        for field, axes in _AXES.items()
    }
    for name in _POLARS:
        schema[name] = ArraySchema(f"{name}_row 4", finite=False, optional=name in _OPTIONAL)
    return {**schema, "shapes": ArraySchema("iteration section 2")}


@dataclasses.dataclass(frozen=True)
class StoredFlows:
    """The first point of flight of an airfoil run, polars, and how the shape came about.

    A polar has rows of angle of attack in degrees, lift, drag and moment, `(angle, 4)`.

    **Arguments:**

    - `initial`: the first section under the simulator that was descended through.
    - `simulated`: the optimized section under the same simulator.
    - `reference`: the optimized section in the reference solver, or `None`.
    - `initial_polar`, `simulated_polar`, `reference_polar`: of the same three.
    - `coarse_polar`: the optimized section in the solver on the grid that flows are told on, or
      `None`.
    - `shapes`: the champion's surface after every iteration, `(iteration, point, 2)`.
    """

    initial: SectionFlow
    simulated: SectionFlow
    reference: SectionFlow | None
    initial_polar: Array
    simulated_polar: Array
    reference_polar: Array | None
    shapes: Array
    coarse_polar: Array | None = None


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

    **Raises:** `ValueError` naming the file if it is missing, damaged or something else, or if a
    number is not finite other than those of a case that failed.
    """
    arrays = read_npz(path, limit=_LIMIT)
    arrays = check_arrays(path, arrays, _schema(arrays))
    flows = {name: _flow(path, arrays, name) for name in _FLOWS if f"{name}_nodes" in arrays}
    for name in _POLARS:
        if name in arrays:
            _check_polar(path, name, arrays[name])
    return StoredFlows(
        initial=flows["initial"],
        simulated=flows["simulated"],
        reference=flows.get("reference"),
        initial_polar=arrays["initial_polar"],
        simulated_polar=arrays["simulated_polar"],
        reference_polar=arrays.get("reference_polar"),
        shapes=arrays["shapes"],
        coarse_polar=arrays.get("coarse_polar"),
    )


def _flow(path: str | Path, arrays: Mapping[str, np.ndarray], name: str) -> SectionFlow:
    fields = {field: arrays[f"{name}_{field}"] for field in _AXES}
    found = [fields[field] for field in _AXES if field not in _GIVEN]
    if len(fields["nodes"]) != len(fields["pressure"]) + 1:
        raise ValueError(f"`{path}`: `{name}_nodes` needs one ring more than there are layers.")
    if not (_all(np.isfinite, found) or _all(np.isnan, found)):
        raise ValueError(f"`{path}`: the flow `{name}` is not finite everywhere.")
    return SectionFlow(**{field: jax.numpy.asarray(array) for field, array in fields.items()})


def _check_polar(path: str | Path, name: str, polar: np.ndarray) -> None:
    """Angles are finite, and so are lift, drag and moment, or all three are NaN."""
    solved = np.isfinite(polar[:, 1:]).all(axis=1)
    if not (np.isfinite(polar[:, 0]).all() and np.isnan(polar[~solved, 1:]).all()):
        raise ValueError(f"`{path}`: `{name}` has numbers that are not finite.")


def _all(test: Callable[[np.ndarray], np.ndarray], arrays: Sequence[np.ndarray]) -> bool:
    return all(test(array).all() for array in arrays)
