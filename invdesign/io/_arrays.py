"""Schemas of arrays that belong together: names, kinds, axes, ranges, every number finite."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

_KINDS = {"f": "floating-point numbers", "iu": "integers", "U": "text", "b": "truth values"}


@dataclasses.dataclass(frozen=True)
class ArraySchema:
    """What an array of a file has to be.

    **Arguments:**

    - `axes`: their names or sizes, such as "time node 2". An axis of one name is of one length in
      all arrays of the file; it may have no entries only where its name begins with `*`.
    - `kind`: "f" for floating-point numbers, "iu" for integers, "U" for text, "b" for booleans.
    - `optional`: whether the file may lack the array.
    - `above`, `most`: what all numbers are above, and do not exceed.
    - `finite`: whether every number has to be; otherwise infinite ones and NaN may stand for what
      is unknown.
    """

    axes: str
    kind: str = "f"
    optional: bool = False
    above: float = -math.inf
    most: float = math.inf
    finite: bool = True


def check_arrays(
    path: str | Path,
    arrays: Mapping[str, np.ndarray],
    schemas: Mapping[str, ArraySchema],
    *,
    numbers: bool = True,
) -> dict[str, np.ndarray]:
    """The arrays that `schemas` names, checked; further ones are left out.

    **Arguments:** `numbers`: whether the numbers are looked at, too, which reads all of them.

    **Raises:** `ValueError` naming the file, the array, and what it has to be.
    """
    lengths: dict[str, tuple[int, str]] = {}
    found = {}
    for name, schema in schemas.items():
        if name in arrays:
            found[name] = _checked(path, name, arrays[name], schema, lengths)
            if numbers and found[name].dtype.kind == "f":
                _check_numbers(path, name, found[name], schema)
        elif not schema.optional:
            raise ValueError(f"`{path}` lacks the array `{name}`.")
    return found


def _checked(
    path: str | Path,
    name: str,
    array: np.ndarray,
    schema: ArraySchema,
    lengths: dict[str, tuple[int, str]],
) -> np.ndarray:
    if array.dtype.kind not in schema.kind:
        wanted = _KINDS[schema.kind]
        raise ValueError(f"`{path}`: `{name}` has to hold {wanted}, got {array.dtype}.")
    _check_axes(path, name, array.shape, schema.axes, lengths)
    return array


def _check_axes(
    path: str | Path,
    name: str,
    shape: tuple[int, ...],
    axes: str,
    lengths: dict[str, tuple[int, str]],
) -> None:
    wanted = axes.split()
    if len(shape) != len(wanted):
        raise ValueError(
            f"`{path}`: `{name}` has to have the axes ({axes}), got the shape {list(shape)}."
        )
    for axis, length in zip(wanted, shape, strict=True):
        expected, source = lengths.setdefault(axis, (length, name))
        if axis.isdigit():
            expected, source = int(axis), "it"
        if length != expected:
            where = "" if source in ("it", name) else f" as in `{source}`"
            raise ValueError(
                f"`{path}`: `{name}` has to have the axes ({axes}) with {expected} along "
                f"`{axis}`{where}, got the shape {list(shape)}."
            )
        if length == 0 and not axis.startswith("*"):
            raise ValueError(f"`{path}`: `{name}` is empty: it needs at least one `{axis}`.")


def _check_numbers(path: str | Path, name: str, array: np.ndarray, schema: ArraySchema) -> None:
    known = np.isfinite(array)
    if schema.finite and not known.all():
        where = [int(i) for i in np.argwhere(~known)[0]]
        raise ValueError(f"`{path}`: `{name}` is not finite at {where}; every number has to be.")
    numbers = array[known]
    if numbers.size and not (numbers.min() > schema.above and numbers.max() <= schema.most):
        allowed = f"above {schema.above:g}"
        allowed += f" and at most {schema.most:g}" if math.isfinite(schema.most) else ""
        raise ValueError(
            f"`{path}`: `{name}` goes from {numbers.min():g} to {numbers.max():g}; it has to be "
            f"{allowed}."
        )
