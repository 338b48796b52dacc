"""Trajectories of particles as others publish them, in one shape."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .._reading import read_json
from ._geoelements import read_geoelements
from ._lagrangebench import read_lagrangebench
from ._learning_to_simulate import read_learning_to_simulate

Trajectory = tuple[np.ndarray, np.ndarray]
_MOST_DIMENSIONS = 3


@dataclasses.dataclass(frozen=True)
class ParticleData:
    """A data set of others, opened; its trajectories are read one after another.

    **Arguments:**

    - `layout`: whose format it is, in words.
    - `path`: of the file with the trajectories.
    - `lower`, `upper`: corners of its box, in its own unit of length.
    - `dt`: seconds, or its unit of time, between two frames.
    - `fluid`: numbers of the particle types that are a fluid.
    - `radius`: of connectivity, as its authors used it.
    - `is_periodic`: whether what leaves the box on one side comes in on the other.
    - `trajectories`: positions `(time, node, dim)` in float32, and a type each, `(node,)`.
    """

    layout: str
    path: Path
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    dt: float
    fluid: tuple[int, ...]
    radius: float
    is_periodic: bool
    trajectories: Callable[[], Iterator[Trajectory]]


@dataclasses.dataclass(frozen=True)
class _Layout:
    """A format: how its files end, what reads them, and which types are a fluid."""

    name: str
    suffix: str
    read: Callable[[Path, dict[str, Any]], Iterator[Trajectory]]
    fluid: tuple[int, ...]


# Types: 5 is water in learning-to-simulate and in geoelements, whose sand is 6, goop 7, and ramps
# 3; LagrangeBench's fluid is 0 beside walls of 1 and 2.
_LAYOUTS = (
    _Layout("learning-to-simulate", ".tfrecord", read_learning_to_simulate, (5, 6, 7)),
    _Layout("LagrangeBench", ".h5", read_lagrangebench, (0,)),
    _Layout("geoelements", ".npz", read_geoelements, (5, 6, 7)),
)


def open_particles(folder: str | Path, split: str = "train") -> ParticleData:
    """The data set in a folder, its format told by how the file of a split ends.

    A folder holds `metadata.json` and `<split>.tfrecord` (learning-to-simulate), `<split>.h5`
    (LagrangeBench) or `<split>.npz` (geoelements).

    **Raises:** `ValueError` naming what is missing or malformed.
    """
    folder = Path(folder)
    found = [each for each in _LAYOUTS if (folder / f"{split}{each.suffix}").exists()]
    if len(found) != 1:
        names = ", ".join(f"`{split}{each.suffix}`" for each in _LAYOUTS)
        raise ValueError(f"`{folder}` has to hold one of {names}, and holds {len(found)} of them.")
    (layout,) = found
    path, file = folder / f"{split}{layout.suffix}", folder / "metadata.json"
    described = _described(file, split)
    bounds = _bounds(file, described)
    periodic = described.get("periodic_boundary_conditions", [False])
    return ParticleData(
        layout=layout.name,
        path=path,
        lower=tuple(low for low, _ in bounds),
        upper=tuple(high for _, high in bounds),
        # A frame is every so many steps of the solver in LagrangeBench.
        dt=_positive(file, described, "dt")
        * _positive(file, {"write_every": 1, **described}, "write_every"),
        fluid=layout.fluid,
        radius=_positive(file, described, "default_connectivity_radius"),
        is_periodic=bool(np.any(periodic)),
        trajectories=lambda: _checked(path, layout.read(path, described), len(bounds)),
    )


def _described(file: Path, split: str) -> dict[str, Any]:
    """What the metadata say; newer ones of geoelements by what it is for."""
    content = read_json(file)
    nested = {"train": "train", "valid": "train", "test": "rollout"}.get(split, split)
    if isinstance(content, dict) and isinstance(content.get(nested), dict):
        content = content[nested]
    if not isinstance(content, dict):
        raise ValueError(f"`{file}` has to hold names and values.")
    return content


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _positive(file: Path, described: dict[str, Any], key: str) -> float:
    value = described.get(key)
    if not _number(value) or not value > 0:  # type: ignore[operator]
        raise ValueError(f"`{file}` has to name `{key}`, a number above 0, got {value!r}.")
    return float(value)  # type: ignore[arg-type]


def _bounds(file: Path, described: dict[str, Any]) -> list[tuple[float, float]]:
    bounds, dim = described.get("bounds"), described.get("dim")
    pairs = isinstance(bounds, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(map(_number, pair)) and pair[0] < pair[1]
        for pair in bounds
    )
    if not pairs or dim not in (None, len(bounds)) or not 1 < len(bounds) <= _MOST_DIMENSIONS:  # type: ignore[arg-type]
        raise ValueError(
            f"`{file}` has to name `bounds`, a lower and an upper one for each of 2 or 3 "
            f"dimensions, got {bounds!r} of {dim!r}."
        )
    return [(float(low), float(high)) for low, high in bounds]  # type: ignore[union-attr]


def _checked(path: Path, found: Iterator[Trajectory], dim: int) -> Iterator[Trajectory]:
    """Trajectories whose shapes and numbers have been looked at."""
    number = 0
    for number, (position, kinds) in enumerate(found, start=1):
        where = f"`{path}`: trajectory {number - 1}"
        if position.ndim != 3 or position.shape[2] != dim or 0 in position.shape:
            raise ValueError(
                f"{where} has to have positions (time, particle, {dim}), got the shape "
                f"{list(position.shape)}."
            )
        if kinds.shape != (position.shape[1],) or kinds.dtype.kind not in "iu":
            raise ValueError(
                f"{where} has {position.shape[1]} particles and types of the shape "
                f"{list(kinds.shape)} ({kinds.dtype})."
            )
        if not np.isfinite(position).all():
            raise ValueError(f"{where} has positions that are not finite.")
        yield position.astype(np.float32, copy=False), kinds.astype(np.int64, copy=False)
    if not number:
        raise ValueError(f"`{path}` holds no trajectories.")
