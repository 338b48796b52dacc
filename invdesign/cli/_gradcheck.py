"""What `invdesign gradcheck TASK` shows: a bar while it works, a table and a figure."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..io._run_directory import RunDirectory
from ..viz import save_figure
from ..viz._gradcheck import gradcheck_figure
from ._output import number, stderr, table

_FIGURE = "gradcheck.png"


@contextmanager
def phases() -> Iterator[Any]:
    """A bar on a terminal, a line a phase elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    said = []
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        line = bar.add_task("", total=1.0)

        def watch(phase: str, share: float) -> None:
            bar.update(line, completed=share, description=phase)
            if not stderr.is_terminal and said[-1:] != [phase]:
                said.append(phase)
                stderr.print(f"{share:4.0%}  {phase}")

        yield watch


def gradcheck_table(result: dict[str, Any]) -> Any:
    """A line a horizon."""
    columns = [
        "horizon", "from", "cosine", "relative error", "at step", "gradient norm", "growth",
        "cosine at 0.01", "error at 0.01",
    ]  # fmt: skip
    rows = [
        [
            row["horizon"],
            "scene" if not row["start"] else f"{'contact, ' * row['contact']}step {row['start']}",
            "–" if row["cosine"] is None else f"{row['cosine']:.5f}",
            number(row["relative_error"], 2),
            number(row["step"]),
            number(row["gradient_norm"]),
            number(row["growth"]),
            number(row["cosine_coarse"]),
            number(row["relative_error_coarse"], 2),
        ]
        for row in result["rows"]
    ]
    shown = table(columns, rows, title=_title(result))
    first = result["first_nonfinite"]
    finite = "finite throughout" if first is None else f"not finite from horizon {first} on"
    far = result.get("distance_to_data")
    said = "" if far is None else f"; distance to the data {number(far)}"
    shown.caption = f"{_subtitle(result)}; {finite}{said}; {result['figure']}"
    return shown


def _title(result: dict[str, Any]) -> str:
    name = simulator_name(result)
    return f"{result['task']}: gradient through the {name} against finite differences"


def simulator_name(result: dict[str, Any]) -> str:
    """What gradients went through, in words."""
    return "reference solver" if result["model"] is None else f"model {Path(result['model']).stem}"


def _subtitle(result: dict[str, Any]) -> str:
    return (
        f"float64, {result['adjoint']} gradient, {result['directions']} directions; "
        f"scenes in the mean at 0.01: {result['scenes']}"
    )


def draw_gradcheck(run: RunDirectory, result: dict[str, Any]) -> Path:
    """The figure of a result."""
    figure = gradcheck_figure(
        result["rows"],
        title=_title(result),
        subtitle=_subtitle(result),
        first_nonfinite=result["first_nonfinite"],
    )
    return save_figure(run / _FIGURE, figure)
