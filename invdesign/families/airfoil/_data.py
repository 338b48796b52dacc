"""Solved flows around random sections in sharded files."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from ..._version import __version__
from ...io._arrays import ArraySchema
from ...io._schema import Count, Line
from ...reference.openfoam._solver import SUBSTEPS, FlowResult, OpenFOAM
from ...scenes import SectionFlow, SectionScene
from ...sections import SectionLayout
from ...simulators.mesh._build_flow import GridHeader, LayoutHeader
from ...training import Progress
from ...training._shards import (
    Metadata,
    check_size,
    generate_shards,
    joined,
    load_shards,
    read_shard,
    shard_path,
    sizes,
    write_rows,
)
from ._drawn import Drawn

NAME = "airfoil"
VISCOSITY = 1.5e-5  # square chords a second, see `SectionScene`
FOIL_FORMAT = 1
FOIL_SHARD = 50
_FAILURES = {"failures": ArraySchema("*failure", "U")}
_OPTIONAL = ("parameters", "viscosity")  # lessons have no parameters; older data one viscosity
_SOLVED = {
    name: ArraySchema(axes, optional=True)  # of a shard all of whose cases failed there are none
    for name, axes in {
        "parameters": "case parameter",
        "surface": "case point 2",
        "angle": "case",
        "viscosity": "case",
        "velocity": "case layer point 2",
        "pressure": "case layer point",
        "eddy_viscosity": "case layer point",
        "shear": "case point 2",
        "coefficients": "case 3",
    }.items()
}


class _Solver(msgspec.Struct):
    grid: GridHeader


class _FoilStatistics(msgspec.Struct):
    solved: Count
    failed: Count
    failures: list[str]


class FoilMetadata(Metadata):
    """What `metadata.json` of solved sections says, as far as it is used."""

    kind: Line
    num_cases: Annotated[int, Meta(ge=1)]
    layout: LayoutHeader
    solver: _Solver
    statistics: _FoilStatistics


def data_solver(resolution: int = 1) -> OpenFOAM:
    """What data are solved with: without patience, cases that stall are left out."""
    return OpenFOAM(resolution=resolution, patience=0)


def foil_metadata(num_cases: int, seed: int, foils: Drawn, solver: OpenFOAM) -> dict[str, Any]:
    """What a data set of sections is."""
    settings = {field.name: getattr(solver, field.name) for field in dataclasses.fields(solver)}
    # Described as data were before there was any of these.
    if not solver.patience:
        del settings["patience"]
    if solver.resolution == 1:
        del settings["resolution"]
    else:
        settings["substeps"] = SUBSTEPS
    return {
        "format": FOIL_FORMAT,
        "name": NAME,
        "kind": type(foils).__name__,
        "units": {"length": "chord", "time": "s", "angle": "rad"},
        "num_cases": num_cases,
        "seed": seed,
        "shard_size": FOIL_SHARD,
        "foils": dataclasses.asdict(foils),
        "layout": dataclasses.asdict(SectionLayout()),
        "solver": {**settings, "grid": dataclasses.asdict(solver.grid)},
        "version": __version__,
    }


def generate_foils(
    out: str | Path,
    *,
    num_cases: int,
    seed: int,
    foils: Drawn,
    solver: OpenFOAM | None = None,
    processes: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Solve random cases into `out`; goes on where it stopped.

    Case `i` depends on `(seed, i)` alone. Shards hold arrays with a leading axis of cases:
    `parameters`, `surface`, `angle` and `viscosity`, `velocity`, `pressure`, `eddy_viscosity` and
    `shear` (as in `SectionFlow`; grids follow from the surfaces) and `coefficients` (lift, drag,
    moment). Cases that failed have no row; `metadata.json` counts them and says why, besides the
    settings.

    **Raises:** `ValueError` if `num_cases` is not positive, if OpenFOAM is not installed, or if
    `out` holds anything other than a data set of the same settings.
    """
    solver = data_solver() if solver is None else solver

    def solve(first: int, last: int, report: Callable[[int], None]) -> dict[str, np.ndarray]:
        parameters, scenes = foils.cases(first, last, seed)
        results = solver.solve_all(scenes, processes=processes, progress=report)
        return _shard(parameters, scenes, results)

    described = foil_metadata(num_cases, seed, foils, solver)
    return generate_shards(
        out, described, solve, measure=partial(measured, described=described), progress=progress
    )


def _shard(
    parameters: np.ndarray, scenes: Sequence[SectionScene], results: Sequence[FlowResult]
) -> dict[str, np.ndarray]:
    """Arrays of the cases that have a flow, and the reasons of those that have none."""
    solved = [
        (row, scene, result)
        for row, scene, result in zip(parameters, scenes, results, strict=True)
        if result.flow is not None
    ]
    arrays: dict[str, np.ndarray] = {
        "failures": np.asarray([result.failure for result in results if result.flow is None], str)
    }
    columns: dict[str, list[Any]] = {}
    for row, scene, result in solved:
        flow = result.flow
        assert flow is not None
        forces = result.lift, result.drag, result.moment
        found = {"parameters": np.asarray(row, np.float32), **foil_row(scene, flow, forces)}
        for key, value in found.items():
            columns.setdefault(key, []).append(value)
    return arrays | {key: np.stack(values) for key, values in columns.items()}


def foil_row(
    scene: SectionScene, flow: SectionFlow, forces: Sequence[Any]
) -> dict[str, np.ndarray]:
    """A case as data sets hold it; `forces`: coefficients of lift, drag and moment."""
    columns: dict[str, Any] = {
        "surface": scene.surface,
        "angle": scene.angle,
        "viscosity": scene.viscosity,
        "velocity": flow.velocity,
        "pressure": flow.pressure,
        "eddy_viscosity": flow.eddy_viscosity,
        "shear": flow.shear,
        "coefficients": forces,
    }
    return {key: np.asarray(value, np.float32) for key, value in columns.items()}


def write_foils(
    out: Path, rows: Sequence[dict[str, np.ndarray]], described: dict[str, Any]
) -> Path:
    """Store solved cases in a new folder that `load_foils` reads, `metadata.json` last."""
    fixed = {"format": FOIL_FORMAT, "name": NAME, "shard_size": FOIL_SHARD}
    described = {**described, **fixed, "num_cases": len(rows), "version": __version__}
    measure = partial(measured, described=described)
    return write_rows(
        out, rows, described, measure=measure, beside={"failures": np.asarray([], str)}
    )


def measured(out: Path, described: Mapping[str, Any]) -> dict[str, Any]:
    """What the metadata of a complete data set say besides."""
    return {"statistics": foil_statistics(out, described)}


def foil_statistics(out: Path, described: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers of solved and failed cases, and why those failed."""
    solved, failures = 0, []
    for index, size in enumerate(sizes(described["num_cases"], described["shard_size"])):
        shard = _read(out, index, size)
        failures += shard["failures"].tolist()
        solved += len(shard.get("angle", ()))
    return {"solved": solved, "failed": len(failures), "failures": sorted(set(failures))}


def load_foils(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All solved cases of a data set, and its metadata.

    **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
    """
    path = Path(path)
    shards, described = load_shards(
        path, _read, names=(NAME,), file_format=FOIL_FORMAT, schema=FoilMetadata
    )
    shards = [shard for shard in shards if "angle" in shard]
    if not shards:
        raise ValueError(f"All cases of `{path}` failed; there is nothing to learn from.")
    keys = sorted(shards[0].keys() - {"failures"})
    return joined(path, [{key: shard[key] for key in keys} for shard in shards]), described


def _read(folder: Path, index: int, size: int) -> dict[str, np.ndarray]:
    """A shard of `size` cases, of which some failed, and perhaps all."""
    shard = read_shard(folder, index, _FAILURES | _SOLVED)
    missing = [name for name in _SOLVED if name not in shard and name not in _OPTIONAL]
    if missing and "angle" in shard:
        raise ValueError(f"`{shard_path(folder, index)}` lacks the array `{missing[0]}`.")
    if "angle" in shard:  # older data tell of no viscosity, as all have the same
        shard.setdefault("viscosity", np.full_like(shard["angle"], VISCOSITY))
    found = len(shard["failures"]) + len(shard.get("angle", ()))
    check_size(shard_path(folder, index), found, size)
    return shard
