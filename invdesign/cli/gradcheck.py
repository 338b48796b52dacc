"""`invdesign gradcheck TASK`: how far the gradient can be trusted."""

import os
from pathlib import Path
from typing import Annotated, Any

import jax
import typer

from ..io._run_directory import RunDirectory, open_run_directory
from ..io._sealed import read_sealed, write_sealed
from ..studies import Resolved, RunConfig, gradcheck as check_gradient, resolve
from ._choice import Kind, ModelOption, SimulatorOption, settled_kind, typed_kind
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._foresight import champion_of, draw_foresight, foresight_table, look_ahead, numbers
from ._gradcheck import draw_gradcheck, gradcheck_table, phases
from ._options import SeedOption, as_folder, as_path
from ._output import AsJson, remark, report, stderr
from ._typed import RestartOption, TaskArgument, begin_anew, design_parameters, typed_task

_RESULT = "gradcheck.json"
_SCENES, _POINTS = 2, 3
_DIRECTIONS, _FEW = 16, 12


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


def _checked(run: RunDirectory, resolved: Resolved) -> dict[str, Any]:
    """The result of a check, which is made unless the folder holds it."""
    if os.path.lexists(run / _RESULT):
        return read_sealed(run / _RESULT)
    settings, task = run.configuration, resolved.task
    stderr.print(f"float64, {resolved.descent.adjoint_in_words()} gradient")
    with phases() as watch:
        checked = check_gradient(
            resolved.problem,
            latent=resolved.initial,
            horizons=settings["horizons"],
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
    simulator: SimulatorOption = None,
    model: ModelOption = None,
    init: Annotated[
        Path | None, typer.Option(parser=as_path, metavar="PATH", help="A design.json to check at.")
    ] = None,
    horizons: Annotated[
        str | None,
        typer.Option(
            help="Steps, separated by commas, beside the full one; 1,10,50 by default, half of the "
            "full one with --foresight."
        ),
    ] = None,
    directions: Annotated[
        int | None,
        typer.Option(
            min=1, max=10_000, help="Random directions; 16 by default, 12 with --foresight."
        ),
    ] = None,
    scenes: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            help="Scenes that the cosine at a step of 0.01 averages over, 2 by default; with "
            "--foresight that everything does, 1 by default.",
        ),
    ] = None,
    foresight: Annotated[
        bool,
        typer.Option(
            "--foresight",
            help="Ask what gradients foresee of a step of a search, not whether they are right.",
        ),
    ] = False,
    radii: Annotated[
        str | None,
        typer.Option(help="With --foresight: lengths of steps in the parameters' unit."),
    ] = None,
    limits: Annotated[
        str | None,
        typer.Option(
            help="With --foresight: clipping limits of the gradient, 0 for the exact one."
        ),
    ] = None,
    points: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help="With --foresight: points between the start and the champion, 3 by default.",
        ),
    ] = None,
    champion: Annotated[
        Path | None,
        typer.Option(
            parser=as_path,
            metavar="PATH",
            help="With --foresight: its design.json; the best known one by default.",
        ),
    ] = None,
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

    With `--foresight` the question is another one: how much of what the value does over a step of
    a search does the gradient foresee, by the length of the step, the horizon and the limit that
    it is clipped at, between the start and the champion? It ends in one sentence of advice.
    """
    typed = {"radii": radii, "limits": limits, "points": points, "champion": champion}
    if not foresight:
        _refuse_without_foresight(typed)
    kind = "foresight" if foresight else "gradcheck"
    # For the check alone, and before anything is built.
    with jax.enable_x64(not foresight):
        found = typed_task(task, out, extra_options(extra), restart=restart)
        config = RunConfig(
            task=task,
            options=extra_options(extra),
            simulator=typed_kind(simulator),
            model=model,
            seed=seed,
            init=design_parameters(init, found.task),
        )
        resolved = resolve(config, found=found, exact=True)
        latent = resolved.initial
        resolved.problem.check(found.task.space.initial() if latent is None else latent)
        wanted_horizons = _parsed(horizons, found.task.num_steps)
        settings: dict[str, Any] = {"horizons": wanted_horizons}
        if foresight:
            given = design_parameters(champion, found.task)
            settings |= {
                "horizons": wanted_horizons and [*wanted_horizons, found.task.num_steps],
                "directions": directions or _FEW,
                "scenes": scenes or 1,
                "radii": numbers(radii, "--radii"),
                "limits": numbers(limits, "--limits"),
                "points": points or _POINTS,
                "champion": champion_of(resolved, given),
            }
        else:
            settings |= {"directions": directions or _DIRECTIONS, "scenes": scenes or _SCENES}
        settled = settled_kind(simulator, resolved)
        suffix = "" if settled is Kind.LEARNED else f"-{settled.value}"
        folder = out or Path("runs") / f"{kind}-{found.task.name}{suffix}"
        begin_anew(folder, restart=restart)
        about = {"kind": kind, **resolved.identity(), "init": latent, **settings, "seed": seed}
        run = open_run_directory(folder, about)
        result = _looked(run, resolved, settings) if foresight else _checked(run, resolved)
    path = (draw_foresight if foresight else draw_gradcheck)(run, result)
    result = {**result, "figure": str(path), "out": str(run.path)}
    remark(result.get("notes", ()))
    shown = foresight_table(result) if foresight else gradcheck_table(result)
    report(result, shown, as_json=as_json)


def _refuse_without_foresight(typed: dict[str, Any]) -> None:
    for name, value in typed.items():
        if value is not None:
            raise ValueError(f"`--{name}` has no effect without `--foresight`; add it.")


def _looked(run: RunDirectory, resolved: Resolved, settings: dict[str, Any]) -> dict[str, Any]:
    wanted = {key: settings[key] for key in ("radii", "limits", "horizons")}
    counts = {"num_directions": settings["directions"], "num_scenes": settings["scenes"]}
    with phases() as watch:
        return look_ahead(run, resolved, watch, **wanted, **counts)
