"""What a page is put together from; the template says how each of them looks."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

DASH = "–"


@dataclasses.dataclass(frozen=True)
class Cell:
    """Of a table: text, and what it is sorted by where that is not the text.

    **Arguments:** `link`: a relative address; `badge`: whether it is a state; `more`: in small
    letters below.
    """

    text: str
    sort: float | None = None
    link: str | None = None
    badge: bool = False
    more: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of cells under names of columns.

    **Arguments:** `folded`: whether it is open to begin with; `aside`: beside its title then.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    sortable: bool = True
    folded: bool = False
    note: str = ""
    aside: str = ""

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers alone, or nothing."""
        width = max([len(self.columns), *(len(row) for row in self.rows)])
        columns = [[row[i] for row in self.rows] for i in range(width)]
        return [
            any(cell.sort is not None for cell in column)
            and all(cell.sort is not None or cell.text in ("", DASH) for cell in column)
            for column in columns
        ]


@dataclasses.dataclass(frozen=True)
class Chart:
    """A figure of Bokeh's as JSON, and the element that it goes to."""

    title: str
    target: str
    item: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Charts:
    """Some charts. **Arguments:** `axes`: names of what they can be drawn against, by column."""

    title: str
    charts: Sequence[Chart]
    axes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    large: bool = False
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Tile:
    """A number at the top of a page."""

    name: str
    value: str
    more: str = ""
    main: bool = False


@dataclasses.dataclass(frozen=True)
class Block:
    """A part of a page: `kind` is "replay", "charts" or "table"."""

    kind: str
    content: Any


@dataclasses.dataclass(frozen=True)
class Page:
    """A report.

    **Arguments:** `kind`: over the heading; `state`, `said`: whether all is done, as a class and
    in words.
    """

    title: str
    kind: str
    heading: str
    subtitle: str
    state: str
    said: str
    tiles: Sequence[Tile]
    notes: Sequence[str]
    blocks: Sequence[Block]
    footer: str = ""


def table(*arguments: Any, **options: Any) -> Block:
    """A block of a table."""
    return Block("table", Table(*arguments, **options))


def cell(value: Any) -> Cell:
    """A cell of a number, a text, a truth value or nothing."""
    if value is None:
        return Cell(DASH)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Cell(shown(value), sort=float(value) if math.isfinite(value) else None)
    return Cell(str(value))


def shown(value: float | None, digits: int = 4) -> str:
    """A number for people."""
    if value is None or not math.isfinite(value):
        return DASH
    if isinstance(value, int) or (abs(value) >= 1e4 and float(value).is_integer()):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:.{digits}g}"
