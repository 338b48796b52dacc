"""`invdesign polar SECTION`: lift and drag of any section over angles of attack."""

import dataclasses
import enum
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._options import Option
from ..._types import Array
from ...io import StoredSection, read_section
from ...io._grid_file import check_grid_path, write_grid
from ...reference.openfoam._solver import OpenFOAM, find_openfoam
from ...scenes import SectionScene
from ...sections import SectionLayout, naca4, open_base
from ...sections._measures import section_area
from ...simulators.mesh._modes import REYNOLDS
from ...simulators.mesh._simulator import check_reynolds
from .._command import AbstractCommand, Load
from .._judge import Report
from ._models import model_at
from ._polar import POLAR_COLUMNS, Polar, polar
from ._reference import RESOLUTION

_MOST = 200
_STEEPEST = 90.0
Reynolds = Annotated[
    float | None,
    Option("On the chord; models know 3e5 to 3e6, OpenFOAM takes any.", least=1e4, most=1e8),
]


def read_outline(section: str) -> StoredSection:
    """The section of a `.dat` file, or of four NACA digits.

    **Raises:** `ValueError` naming what is wrong with the file or with the digits.
    """
    if section.isdecimal():
        return StoredSection(naca4(section), f"NACA {section}")
    if not Path(section).is_file():
        raise ValueError(
            f"There is no file `{section}`; a section is a .dat file or four digits such as 2412."
        )
    return read_section(section)


def fitted(stored: StoredSection, layout: SectionLayout) -> Array:
    """The surface through a section's outline.

    **Raises:** `ValueError` naming the section, as `SectionLayout.fit`.
    """
    try:
        return layout.fit(stored.outline)
    except ValueError as error:
        raise ValueError(f"`{stored.name}`: {error}") from error


def angles_between(first: float, last: float, step: float) -> np.ndarray:
    """Angles of attack in degrees, both ends included.

    **Raises:** `ValueError` if there are none, or hundreds, or one is beyond 90 degrees.
    """
    sane = abs(first) <= _STEEPEST and abs(last) <= _STEEPEST and np.isfinite(step)
    # Both sides times `step`, which may be too small to divide by.
    if not (sane and 0 <= last - first < (_MOST - 1e-6) * step):
        raise ValueError(
            f"`--first`, `--last` and `--step` need to give 1 to {_MOST} angles from "
            f"{-_STEEPEST:g} to {_STEEPEST:g} degrees, got {first:g}, {last:g} and {step:g}."
        )
    return first + step * np.arange(int((last - first) / step + 1e-6) + 1)


def scene_at(surface: Array, angle: float, reynolds: float | None) -> SectionScene:
    """A section at an angle in radians and a Reynolds number, that of the tasks by default."""
    scene = SectionScene(surface, angle)
    if reynolds is None:
        return scene
    return SectionScene(surface, angle, viscosity=float(scene.speed) / reynolds)


class Flow(enum.StrEnum):
    """What a polar is of."""

    LEARNED = "learned"
    REFERENCE = "reference"


@dataclasses.dataclass(frozen=True)
class PolarCommand(AbstractCommand):
    """Lift, drag and moment of a section, by default at the airfoil tasks' Reynolds number, 6.67e5.

    The moment is about the quarter chord, positive nose up. An angle at which OpenFOAM does not
    converge has no numbers. Beside the model's stands the distance to its data, of which 1 is
    typical, with a mark where that, or the angle, is beyond them.
    """

    section: Annotated[str, Option("A .dat file, or four digits of a NACA section.", file=True)]
    first: Annotated[float, Option("Lowest angle of attack in degrees.")] = -2.0
    last: Annotated[float, Option("Highest angle of attack in degrees.")] = 8.0
    step: Annotated[float, Option("Degrees between two angles.")] = 1.0
    simulator: Annotated[
        Flow, Option("The learned flow, or OpenFOAM: ten seconds an angle, minutes near stall.")
    ] = Flow.LEARNED
    reynolds: Reynolds = None
    model: Annotated[
        str | None,
        Option("A pretrained model's name, or a .safetensors file; by the Reynolds number."),
    ] = None
    grid: Annotated[
        Path | None, Option("Also write the grid around it: .vtu (ParaView), .su2 or .msh (Gmsh).")
    ] = None

    def report(self, load: Load) -> Report:
        angles = angles_between(self.first, self.last, self.step)
        if self.grid is not None:
            check_grid_path(self.grid)
        stored = read_outline(self.section)
        solver, layout = self._solver(load)
        surface, opened = open_base(fitted(stored, layout), layout)
        if self.grid is not None:
            write_grid(self.grid, eqx.filter_jit(solver.grid)(surface))
        found = polar(scene_at(surface, 0.0, self.reynolds), solver, angles)
        if not np.isfinite(found.rows).all(axis=1).any():
            raise ValueError(f"`{self.section}` has no polar; {'; '.join(found.notes)}")
        records, learned = _records(found), self.simulator is Flow.LEARNED
        numbers = {
            "section": stored.name,
            "simulator": self.simulator.value,
            "area": float(section_area(surface)),
            "polar": records,
        }
        columns = [*POLAR_COLUMNS, *["distance"] * learned]
        return Report(
            numbers,
            columns,
            _cells(records, columns),
            title=f"{stored.name}, {'learned' if learned else 'OpenFOAM'}",
            notes=[*stored.notes, *opened, *found.notes],
        )

    def _solver(self, load: Load) -> tuple[Any, SectionLayout]:
        if self.simulator is Flow.REFERENCE:
            find_openfoam()
            return OpenFOAM(resolution=RESOLUTION), SectionLayout()
        simulator = load(self.model or model_at(self.reynolds or REYNOLDS))
        check_reynolds(scene_at(jnp.zeros((1, 2)), 0.0, self.reynolds), simulator.reynolds)
        return simulator, simulator.layout


def _records(found: Polar) -> list[dict[str, Any]]:
    """A row an angle; `None` where there is no number."""
    none = [None] * len(found.rows)
    distances = none if found.distances is None else found.distances.tolist()
    rows = zip(found.rows.tolist(), distances, found.far.tolist(), found.failures, strict=True)
    return [
        {
            **dict(zip(POLAR_COLUMNS, map(_known, row), strict=True)),
            "distance": _known(distance),
            "beyond_data": far,
            "failure": failure,
        }
        for row, distance, far, failure in rows
    ]


def _known(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def _cells(records: list[dict[str, Any]], columns: list[str]) -> list[list[Any]]:
    return [
        [
            f"{row['angle']:g}",
            *(_cell(row[key]) for key in POLAR_COLUMNS[1:]),
            *(
                _short(row[key]) + " !" * row["beyond_data"]
                for key in columns[len(POLAR_COLUMNS) :]
            ),
        ]
        for row in records
    ]


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}" if abs(value) > 0.1 else f"{value:.5f}"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
