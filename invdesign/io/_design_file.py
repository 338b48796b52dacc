"""`design.json`: a design in physical parameters, for people, other programs and `--init`."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import jax
import msgspec
import numpy as np
from msgspec import Meta

from ._atomic import write_json
from ._reading import read_json
from ._schema import Line, Positive, as_record, check_format

DESIGN_FORMAT = 1
Array = np.ndarray | jax.Array
_Ends = Annotated[
    list[Annotated[list[float], Meta(min_length=2, max_length=3)]], Meta(min_length=2, max_length=2)
]


class DesignFile(msgspec.Struct):
    """What `design.json` holds; further keys are left alone.

    Fields as in `StoredDesign`; a file written by hand may leave out units and format.
    """

    parameters: Annotated[list[float], Meta(min_length=1)]
    segments: Annotated[list[_Ends], Meta(min_length=1)] | None = None
    segment_radius: Annotated[list[Positive], Meta(min_length=1)] | None = None
    parameter_unit: Line = "rad"
    task: Line | None = None


@dataclasses.dataclass(frozen=True)
class StoredDesign:
    """A design as a file holds it.

    **Arguments:**

    - `parameters`: physical parameters, `(parameter,)`, in `parameter_unit`.
    - `segments`: end points of the tool's centre lines in metres, `(segment, 2, dim)`, or `None`
      where the file does not say.
    - `segment_radius`: half thickness in metres, `(segment,)`, or `None`.
    - `parameter_unit`: "rad" for angles, "m" for heights.
    - `task`: the name of the task it was made for, or `None`.
    """

    parameters: np.ndarray
    segments: np.ndarray | None = None
    segment_radius: np.ndarray | None = None
    parameter_unit: str = "rad"
    task: str | None = None


def _finite(path: Path, name: str, value: Any, num_axes: int) -> np.ndarray:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{path}`: `{name}` must be numbers, {num_axes} axes of them.") from error
    if array.ndim != num_axes or array.size == 0:
        raise ValueError(
            f"`{path}`: `{name}` must be a non-empty array with {num_axes} axes, got the shape "
            f"{list(array.shape)}."
        )
    if not np.isfinite(array).all():
        where = list(map(int, np.argwhere(~np.isfinite(array))[0]))
        raise ValueError(
            f"`{path}`: `{name}` is not finite at {where}; every number of a design must be."
        )
    return array


def _stored(path: Path, fields: Mapping[str, Any]) -> StoredDesign:
    fields = {"segments": None, "segment_radius": None, **fields}
    parameters = _finite(path, "parameters", fields["parameters"], 1)
    if (fields["segments"] is None) != (fields["segment_radius"] is None):
        raise ValueError(f"`{path}`: give both `segments` and `segment_radius`, or neither.")
    if fields["segments"] is None:
        return StoredDesign(**{**fields, "parameters": parameters})
    segments = _finite(path, "segments", fields["segments"], 3)
    radius = _finite(path, "segment_radius", fields["segment_radius"], 1)
    if segments.shape[1:] not in {(2, 2), (2, 3)} or radius.shape != segments.shape[:1]:
        raise ValueError(
            f"`{path}`: `segments` must be (segment, 2, 2 or 3) and `segment_radius` (segment,), "
            f"got {segments.shape} and {radius.shape}."
        )
    arrays = {"parameters": parameters, "segments": segments, "segment_radius": radius}
    return StoredDesign(**{**fields, **arrays})


def write_design(
    path: str | Path,
    parameters: Array,
    *,
    segments: Array | None = None,
    segment_radius: Array | None = None,
    parameter_unit: str = "rad",
    task: str | None = None,
) -> Path:
    """Write a design atomically; the arguments are those of `StoredDesign`.

    **Raises:** `ValueError` if a number is not finite, a shape is wrong, or the file cannot be
    written.
    """
    path = Path(path)
    fields = {
        "parameters": parameters,
        "segments": segments,
        "segment_radius": segment_radius,
        "parameter_unit": parameter_unit,
        "task": task,
    }
    stored = dataclasses.asdict(_stored(path, fields))
    return write_json(path, {"format_version": DESIGN_FORMAT, "length_unit": "m", **stored})


def read_design(path: str | Path) -> StoredDesign:
    """A design from a file; one written by hand needs no more than `parameters`.

    **Raises:** `ValueError` naming the file and the reason if it is missing, is not JSON, has
    another format or unit, or a number is not finite.
    """
    path = Path(path)
    raw = read_json(path)
    for key, wanted in (("format_version", DESIGN_FORMAT), ("length_unit", "m")):
        check_format(path, raw, wanted, key=key)
    content = as_record(raw, DesignFile, path=path)
    names = [field.name for field in dataclasses.fields(StoredDesign)]
    return _stored(path, {name: getattr(content, name) for name in names})
