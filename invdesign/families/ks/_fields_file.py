"""`fields.npz`: all that the picture of a run needs, so that it can be made again."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from ...io._arrays import ArraySchema, check_arrays
from ...io._npz import read_npz, write_npz

_LIMIT = 2**26  # bytes of all arrays together
# A simulation that failed is not finite from some frame on.
_SCHEMA = {
    "initial": ArraySchema("time point", finite=False),
    "simulated": ArraySchema("time point", finite=False),
    "reference": ArraySchema("time point", finite=False, optional=True),
    "target": ArraySchema("point", optional=True),
    "dt": ArraySchema("", above=0.0),
    "length": ArraySchema("", above=0.0),
}


@dataclasses.dataclass(frozen=True)
class StoredFields:
    """The first unseen condition of a run on fields, with the first frame.

    **Arguments:**

    - `initial`: from the first design, in the simulator that was descended through.
    - `simulated`: from the optimized design, in the same simulator.
    - `reference`: from the optimized design, in the reference solver, or `None`.
    - `target`: what the last frame should be, `(point,)`, or `None`.
    - `dt`: time a frame; `length`: of the interval.
    """

    initial: np.ndarray
    simulated: np.ndarray
    reference: np.ndarray | None
    target: np.ndarray | None
    dt: float
    length: float


def write_fields(path: Path, stored: StoredFields) -> Path:
    """Write a run's fields atomically, in single precision."""
    fields = dataclasses.asdict(stored)
    return write_npz(path, **{k: np.float32(v) for k, v in fields.items() if v is not None})


def read_fields(path: Path) -> StoredFields:
    """The fields of a file.

    **Raises:** `ValueError` naming the file if it is missing or damaged.
    """
    arrays: dict[str, Any] = check_arrays(path, read_npz(path, limit=_LIMIT), _SCHEMA)
    fields = {name: arrays.get(name) for name in _SCHEMA}
    return StoredFields(**{**fields, **{k: float(arrays[k]) for k in ("dt", "length")}})
