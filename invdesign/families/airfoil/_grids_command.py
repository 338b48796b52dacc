"""`invdesign grids SECTION`: drag at a lift on finer and finer grids."""

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Any

from ..._options import Option
from ..._richardson import extrapolated
from ...io import StoredSection
from ...scenes import SectionScene
from ...sections import SectionLayout, open_base
from .._command import AbstractCommand, Load
from .._judge import Report
from ._grids import drags, grid_rows
from ._polar_command import Reynolds, fitted, read_outline, scene_at
from ._trim import Trimmed

_PER_LIFT = 0.17  # radians, to begin with
_COLUMNS = ("cells", "y+", "angle", "drag")


@dataclasses.dataclass(frozen=True)
class GridsCommand(AbstractCommand):
    """Drag of a section at a lift in OpenFOAM on finer and finer grids, and what they tend to.

    Each grid has a whole number of times the working grid's cells (4,032) along either axis, and
    the angle is trimmed on each until the lift is within 1e-4. The first layer shrinks with the
    cells, so the wall function is asked nearer and nearer to the wall: y+ is that of the cells'
    centers. Beside another section stands the saving against it, which is the grid's as far as it
    shrinks. A minute for three grids, two with another section.
    """

    section: Annotated[str, Option("A .dat file, or four digits of a NACA section.", file=True)]
    lift: Annotated[float, Option("Lift coefficient.", least=-1.0, most=1.5)] = 0.5
    finest: Annotated[
        int, Option("Grids have 1 to so many times the cells along an axis.", least=1, most=6)
    ] = 3
    reynolds: Reynolds = None
    against: Annotated[
        str | None, Option("Another section, as the first, that drag is saved against.", file=True)
    ] = None

    def report(self, load: Load) -> Report:
        layout, notes, sections = SectionLayout(), [], {}
        for given in (self.section, self.against):
            if given is not None:
                stored = read_outline(given)
                surface, opened = open_base(fitted(stored, layout), layout)
                scene = scene_at(surface, _PER_LIFT * self.lift, self.reynolds)
                sections[given] = stored, scene
                notes += [f"{stored.name}: {note}" for note in (*stored.notes, *opened)]
        scenes = [scene for _, scene in sections.values()]
        found = dict(zip(sections, drags(scenes, self.lift, self.finest), strict=True))
        for given, trims in found.items():
            name = sections[given][0].name
            notes += [f"{name}: {trim.result.failure}" for trim in trims if trim.result.failure]
        return self._told(sections, found, notes)

    def _told(
        self,
        sections: dict[str, tuple[StoredSection, SectionScene]],
        found: dict[str, list[Trimmed]],
        notes: list[str],
    ) -> Report:
        first, *others = map(grid_rows, found.values())
        records = first
        columns = [*_COLUMNS]
        if others:
            columns += ["drag of the other", "saved"]
            for row, other in zip(first, others[0], strict=False):
                row["against"], row["saved"] = other["drag"], 1 - row["drag"] / other["drag"]
        limits = [_limit(rows) for rows in (first, *others)]
        names = [stored.name for stored, _ in sections.values()]
        numbers: dict[str, Any] = {"section": names[0], "lift": self.lift, "grids": records}
        numbers |= {"limit": limits[0], "against": names[1] if others else None}
        cells = [_cells(row) for row in records]
        for name, limit in zip(names, limits, strict=True):
            notes.append(_in_words(name, limit))
        known = [limit["drag"] for limit in limits if limit is not None]
        if others and len(known) == 2:
            numbers["limit_saved"] = 1 - known[0] / known[1]
            notes.append(f"saved on cells of no size: {100 * numbers['limit_saved']:.1f}%")
        return Report(
            numbers, columns, cells, title=f"{names[0]} at a lift of {self.lift:g}", notes=notes
        )


def _limit(rows: Sequence[dict[str, Any]]) -> dict[str, float] | None:
    found = extrapolated([row["drag"] for row in rows], [row["resolution"] for row in rows])
    return None if found is None else {"order": found.order, "drag": found.limit}


def _cells(row: dict[str, Any]) -> list[str]:
    cells = [f"{row['cells']:,}", f"{row['wall_units']:.0f}", f"{row['angle']:.2f}"]
    cells.append(f"{row['drag']:.5f}")
    if "saved" in row:
        cells += [f"{row['against']:.5f}", f"{100 * row['saved']:.1f}%"]
    return cells


def _in_words(name: str, limit: dict[str, float] | None) -> str:
    if limit is None:
        return f"{name}: these grids do not tell what drag tends to"
    return f"{name}: drag tends to {limit['drag']:.5f}, with order {limit['order']:.1f}"
