"""`invdesign gradcheck TASK`: how far the gradient can be trusted."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import jax
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..io._run_directory import RunDirectory, open_run_directory
from ..io._sealed import read_sealed, write_sealed
from ..studies import Resolved, RunConfig, gradcheck as check_gradient, resolve
from ..viz import save_figure
from ..viz._gradcheck import gradcheck_figure
from ._choice import Kind, ModelOption, SimulatorOption
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._options import SeedOption, as_folder, as_path
from ._output import AsJson, number, remark, report, stderr, table
from ._typed import RestartOption, TaskArgument, begin_anew, design_parameters, typed_task

_RESULT, _FIGURE = "gradcheck.json", "gradcheck.png"


def _parsed(horizons: str | None, full: int) -> list[int] | None:
    if horizons is None:
        return None
    try:
        found = [int(part) for part in horizons.split(",")]
    except ValueError:
        found = [0]
    if not all(1 <= horizon <= full for horizon in found):
        raise ValueError(
            f"`--horizons` takes whole numbers from 1 to the task's {full} steps, separated by "
            f"commas, got `{horizons}`."
        )
    return found


@contextmanager
def _progress() -> Iterator[Any]:
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


def _table(result: dict[str, Any]) -> Any:
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
    return f"{result['task']}: gradient through the {_name(result)} against finite differences"


def _name(result: dict[str, Any]) -> str:
    return "reference solver" if result["model"] is None else f"model {Path(result['model']).stem}"


def _subtitle(result: dict[str, Any]) -> str:
    return (
        f"float64, {result['adjoint']} gradient, {result['directions']} directions; "
        f"scenes in the mean at 0.01: {result['scenes']}"
    )


def _checked(run: RunDirectory, resolved: Resolved, horizons: list[int] | None) -> dict[str, Any]:
    """The result of a check, which is made unless the folder holds it."""
    if os.path.lexists(run / _RESULT):
        return read_sealed(run / _RESULT)
    settings, task = run.configuration, resolved.task
    with _progress() as watch:
        checked = check_gradient(
            resolved.problem,
            latent=resolved.initial,
            horizons=horizons,
            num_directions=settings["directions"],
            num_scenes=settings["scenes"],
            seed=settings["seed"],
            watch=watch,
        )
    at = task.space.initial() if resolved.initial is None else resolved.initial
    doubted = resolved.family.models.doubts(task, at, resolved.simulator)
    result = {
        **{key: settings[key] for key in ("task", "simulator", "model", "seed", "directions")},
        "scenes": checked.num_scenes,
        "adjoint": resolved.descent.adjoint_in_words(),
        "rows": checked.rows,
        "first_nonfinite": checked.first_nonfinite,
        "num_growths": checked.num_growths,
        **doubted.numbers,
        "notes": [*checked.notes, *doubted.notes],
    }
    write_sealed(run / _RESULT, result)
    return result


@takes_extra
@plain_errors
def gradcheck(
    extra: tuple[str, ...],
    task: TaskArgument,
    simulator: SimulatorOption = Kind.LEARNED,
    model: ModelOption = None,
    init: Annotated[
        Path | None, typer.Option(parser=as_path, metavar="PATH", help="A design.json to check at.")
    ] = None,
    horizons: Annotated[
        str | None,
        typer.Option(help="Steps, separated by commas, beside the full one; 1,10,50 by default."),
    ] = None,
    directions: Annotated[int, typer.Option(min=1, max=10_000, help="Random directions.")] = 16,
    scenes: Annotated[
        int,
        typer.Option(min=1, max=10_000, help="Scenes that the cosine at 0.01 rad averages over."),
    ] = 2,
    seed: SeedOption = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder, metavar="PATH", help="Folder; runs/gradcheck-<task> by default."
        ),
    ] = None,
    restart: RestartOption = False,
    as_json: AsJson = False,
) -> None:
    """Compare the gradient with finite differences, in float64, over growing horizons.

    The gradient is exact (every step is stored and computed again) unless an option of the task's
    family says otherwise, such as `--gradient-limit` of water. Takes minutes. Naming the
    folder of a check again reports it.
    """
    # For this command alone, and before anything is built.
    with jax.enable_x64(True):
        options = extra_options(extra)
        found = typed_task(task, out, options, restart=restart)
        wanted = found.task
        wanted_horizons = _parsed(horizons, wanted.num_steps)
        config = RunConfig(
            task=task,
            options=options,
            simulator=simulator.value,
            model=model,
            seed=seed,
            init=design_parameters(init, found.task),
        )
        resolved = resolve(config, found=found, exact=True)
        latent = resolved.initial
        resolved.problem.check(wanted.space.initial() if latent is None else latent)
        suffix = "" if simulator is Kind.LEARNED else f"-{simulator.value}"
        configuration = {
            "kind": "gradcheck",
            **resolved.identity(),
            "init": latent,
            "horizons": wanted_horizons,
            "directions": directions,
            "scenes": scenes,
            "seed": seed,
        }
        folder = out or Path("runs") / f"gradcheck-{wanted.name}{suffix}"
        begin_anew(folder, restart=restart)
        run = open_run_directory(folder, configuration)
        stderr.print(f"float64, {resolved.descent.adjoint_in_words()} gradient")
        result = _checked(run, resolved, wanted_horizons)
    path = save_figure(
        run / _FIGURE,
        gradcheck_figure(
            result["rows"],
            title=_title(result),
            subtitle=_subtitle(result),
            first_nonfinite=result["first_nonfinite"],
        ),
    )
    result = {**result, "figure": str(path), "out": str(run.path)}
    remark(result.get("notes", ()))
    report(result, _table(result), as_json=as_json)
