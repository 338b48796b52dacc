"""A comparison's table as text: for people, for programs, and for papers."""

import csv
import io
import math
from collections.abc import Sequence

from ._compare_study import Comparison, TaskTable
from ._rows import Row, Spread, plain

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"~": r"\~{}", "^": r"\^{}"})
DASH = "–"
COLUMNS = (
    "method", "runs", "reference score", "score", "training score", "charged steps", "seconds",
    "reached", "steps to it", "seconds to it", "stood after", "gap to best", "beats random",
    "distance to the data",
)  # fmt: skip


def cells(row: Row) -> list[str]:
    """A row for people: medians, and quartiles in brackets."""
    better = "" if row.better is None else "{:.0%} ({:.0%} to {:.0%})".format(*row.better)
    return [
        row.label,
        f"{row.runs} of {row.of}",
        _ranged(row.reference) + f" of {row.judged}" * (0 < row.judged < row.runs),
        _ranged(row.score),
        _ranged(row.training),
        _number(row.steps, whole=True),
        _number(row.seconds),
        f"{row.successes} of {row.runs}",
        _number(row.steps_to_target, whole=True),
        _number(row.seconds_to_target),
        f"{row.stood:.0%}" if math.isfinite(row.stood) else DASH,
        DASH if row.gap is None else _number(row.gap),
        better or DASH,
        DASH if row.distance is None else _number(row.distance),
    ]


def title(table: TaskTable) -> str:
    """What a table says of all its rows."""
    return (
        f"{table.task}: medians (quartiles) over seeds at {table.budget:,.0f} charged steps a run; "
        f"to reach: a training score of {table.target:.3g}"
    )


def _number(value: float, *, whole: bool = False) -> str:
    if not math.isfinite(value):
        return DASH
    return f"{value:,.0f}" if whole or abs(value) >= 1e4 else f"{value:.3g}"


def _ranged(spread: Spread) -> str:
    if not math.isfinite(spread.median):
        return DASH
    return f"{spread.median:.3f} ({spread.low:.3f} to {spread.high:.3f})"


def as_csv(found: Comparison) -> str:
    """All numbers of all tables, a line a row."""
    rows = [
        {"task": table.task, "budget": table.budget, "target": table.target, **plain(row)}
        for table in found.tables
        for row in table.rows
    ]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def as_markdown(found: Comparison) -> str:
    """The tables and the notes for a page."""
    parts = [f"{found.finished} of {found.total} runs are finished.\n"]
    for table in found.tables:
        lines = [COLUMNS, ["---"] * len(COLUMNS), *map(cells, table.rows)]
        body = "\n".join(f"| {' | '.join(map(_barless, line))} |" for line in lines)
        parts.append(f"**{title(table)}**\n\n{body}\n")
    parts += ["\n".join(f"- {note}" for note in found.notes) + "\n"] if found.notes else []
    return "\n".join(parts)


def _barless(text: str) -> str:
    return text.replace("|", r"\|")


def as_latex(found: Comparison) -> str:
    """The tables for a paper that loads `booktabs`."""
    return "\n".join(_latex_table(table) for table in found.tables)


def _latex_table(table: TaskTable) -> str:
    lines = [_latex_row(COLUMNS), r"\midrule", *(_latex_row(cells(row)) for row in table.rows)]
    return "\n".join(
        [
            f"% {title(table)}",
            rf"\begin{{tabular}}{{l{'r' * (len(COLUMNS) - 1)}}}",
            r"\toprule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _latex_row(words: Sequence[str]) -> str:
    return " & ".join(word.translate(_SPECIAL).replace(DASH, "--") for word in words) + r" \\"
