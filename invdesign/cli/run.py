"""`invdesign run TASK`: design a tool, check it in the reference solver, draw it."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .._checks import MOST_CANDIDATES
from .._task import Task
from ..studies import Watch, best_known, resolve
from ..studies._config import PATIENCE, RunConfig
from ..studies._event_files import check_events, event_files
from ..studies._registry import FoundTask, is_file
from ..studies._run import SILENT
from ..studies._run_resolved import check_resolved, run_resolved
from ._choice import (
    ErrorsOption,
    Kind,
    ModelOption,
    RateOption,
    ResolutionOption,
    SimulatorOption,
    settled_kind,
    typed_kind,
)
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._last_page import last_page
from ._options import (
    MOST,
    MOST_BUDGET,
    SeedOption,
    as_folder,
    as_path,
    as_text,
    number as number_option,
)
from ._output import AsJson, error_rows, number, report, table
from ._progress import Log, LogOption, RunProgress
from ._typed import RestartOption, TaskArgument, begin_anew, design_parameters, typed_task


def default_out(
    task: Task,
    optimizer: str,
    seed: int,
    kind: Kind,
    resolution: int = 1,
    errors: float = 0.0,
) -> Path:
    """Where a run goes by default; descents through the reference solver have their own place."""
    name = f"{task.name}-{optimizer}-{seed}"
    name = name if kind is Kind.LEARNED else f"{name}-{kind.value}"
    name = name if resolution == 1 else f"{name}-resolution-{resolution}"
    return Path("runs") / (f"{name}-errors-{errors:g}" if errors else name)


def _metric(result: dict[str, Any], name: str) -> str:
    """Before, after, and in the reference solver."""
    found = [number(result[key], 4) for key in (f"{name}_initial", name, f"reference_{name}")]
    return f"{found[0]} → {found[1]}, in the reference solver {found[2]}"


def violations(missed: Mapping[str, float | None]) -> str:
    """Constraints that are missed, and by how much."""
    return ", ".join(f"{name} by {number(amount)}" for name, amount in missed.items())


def _table(result: dict[str, Any], metrics: Sequence[str]) -> Any:
    spread = f"{number(result['reference_score_mean'])} ± {number(result['reference_score_std'])}"
    phases = ", ".join(f"{name} {s:.0f}" for name, s in result["seconds_by_phase"].items())
    compiling = sum(result.get("compiling_by_phase", {}).values())
    learned, resolution = result["simulator"] == Kind.LEARNED.value, result.get("resolution", 1)
    searched = "learned" if learned else f"searched, {resolution} times as fine"
    apart = learned or resolution > 1  # from the solver that has the last word
    missed = {searched: result["violations"]} if apart else {}
    missed["reference"] = result["reference_violations"]
    fine = result.get("fine_score_mean")
    finer = f"{number(fine)} ± {number(result.get('fine_score_std'))}"
    rows = [
        ["score before", number(result["score_initial"])],
        *[[f"score after ({searched})", number(result["score"])]] * apart,
        ["score after (reference)", spread],
        *[["score after (twice as fine)", finer]] * (fine is not None),
        *error_rows(result),
        *[[name, _metric(result, name)] for name in metrics],
        *[[f"missed ({kind})", violations(found)] for kind, found in missed.items() if found],
        *[["distance to the data (1 is typical)", number(result.get("distance_to_data"))]]
        * ("distance_to_data" in result),
        ["simulator steps", f"{result['simulator_steps']:,}"],
        ["of them with gradient", f"{result['gradient_steps']:,}"],
        ["seconds", f"{result['seconds']:.0f} ({phases}; {compiling:.0f} of them compiling)"],
        ["ended because", result["reason"]],
        *[["note", note] for note in result["notes"]],
        ["run directory", result["out"]],
        *[["report", result["report"]]] * (result["report"] is not None),
    ]
    title = f"{result['task']}: {result['optimizer']}, seed {result['seed']}, unseen conditions"
    return table(["", ""], rows, title=title)


def _finer(found: FoundTask, wanted: bool | None) -> bool | None:
    """Whether to score in the finer solver, `None` where it does not take too long."""
    if wanted is not None:
        return wanted
    shipped = not is_file(found.source) and best_known(found.task.name) is not None
    return None if shipped else False


def _events(folder: Path, wanted: bool) -> Any:
    """What takes the rows of a run for TensorBoard, or nothing."""
    return event_files(folder) if wanted else contextlib.nullcontext(SILENT.row)


@takes_extra
@plain_errors
def run(
    extra: tuple[str, ...],
    task: TaskArgument,
    optimizer: Annotated[
        str | None,
        typer.Option(
            parser=as_text,
            metavar="TEXT",
            help="adam, coupled-adam, sgd, lbfgs, bfgs, slsqp, cem, cmaes, local-cmaes, random, "
            "...; by default local-cmaes where designs have to fit, slsqp where constraints look "
            "at the simulation, coupled-adam for joints, rotors and heights, adam for others.",
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=MOST, help="Iterations at most.")] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            callback=number_option(above=0, most=MOST_BUDGET),
            help="Charged simulator steps at most; by default 40 gradients (and 10 where those "
            "go through a lighter version of the task), 100 where constraints look at the "
            "simulation.",
        ),
    ] = None,
    patience: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST,
            help="Iterations without progress after which the run ends; 0 uses the whole budget.",
        ),
    ] = PATIENCE,
    learning_rate: RateOption = None,
    population: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_CANDIDATES, help="Candidates an iteration of sampling methods."
        ),
    ] = None,
    elites: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_CANDIDATES, help="Candidates that `cem` learns from."),
    ] = None,
    std: Annotated[
        float | None,
        typer.Option(
            callback=number_option(above=0, most=1e3),
            help="First standard deviation of sampling methods, in latent units, about where the "
            "run starts; by default what suits each, after a look around where designs have to "
            "fit. 0.1 stays near a design of `--init`.",
        ),
    ] = None,
    seed: SeedOption = 0,
    simulator: SimulatorOption = None,
    model: ModelOption = None,
    resolution: ResolutionOption = 1,
    errors: ErrorsOption = 0.0,
    init: Annotated[
        Path | None,
        typer.Option(parser=as_path, metavar="PATH", help="A design.json to start from."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder,
            metavar="PATH",
            help="Run directory; runs/<task>-<optimizer>-<seed> by default.",
        ),
    ] = None,
    restart: RestartOption = False,
    fine: Annotated[
        bool | None,
        typer.Option(
            "--fine/--no-fine",
            help="Score at twice the solver's resolution, too; by default of shipped tasks, where "
            "it takes no longer than all before.",
        ),
    ] = None,
    log: LogOption = Log.TEXT,
    tensorboard: Annotated[
        bool,
        typer.Option(
            "--tensorboard", help="Leave event files of the search in the run directory, too."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Design something, score it on unseen conditions, verify it in the reference solver.

    Naming the directory of a run again goes on with it, or reports it if it is finished; it is
    refused if the task or anything else has changed since. Seed 0 starts from the task's own
    design, or that of `--init`; every other seed from one a little beside it. `invdesign tasks
    TASK` lists the further options of a task.
    """
    options = extra_options(extra)
    found = typed_task(task, out, options, restart=restart)
    resolved = resolve(
        RunConfig(
            task=task,
            options=options,
            optimizer=optimizer,
            learning_rate=learning_rate,
            population=population,
            elites=elites,
            std=std,
            simulator=typed_kind(simulator),
            model=model,
            resolution=resolution,
            errors=errors,
            seed=seed,
            init=design_parameters(init, found.task),
            steps=steps,
            budget=budget,
            patience=patience or None,
        ),
        found=found,
    )
    player, effort = resolved.player(), resolved.effort
    kind = settled_kind(simulator, resolved)
    folder = out or default_out(found.task, player.name, seed, kind, resolution, errors)
    total, key = (effort.steps, "iteration") if effort.steps else (effort.budget, "charged_steps")
    assert total is not None
    check_resolved(resolved)
    if tensorboard:
        check_events()
    begin_anew(folder, restart=restart)
    try:
        with RunProgress(total, key, log) as progress, _events(folder, tensorboard) as event:

            def row(known: Mapping[str, Any]) -> None:
                progress.row(known)
                event(known)

            watch = Watch(progress.phase, row)
            result = run_resolved(folder, resolved, finer=_finer(found, fine), watch=watch)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    page = last_page(folder, since="verification.json")
    result = {**result, "out": str(folder), "report": page}
    report(result, _table(result, list(found.task.metrics)), as_json=as_json)
