"""`invdesign compare`: optimizers on equal budgets, or what a sweep left."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..studies import OPTIMIZERS, LocalWorkers, RunConfig, resolve
from ..studies._identity import task_source
from ..studies._sweep._record import is_sweep
from ..studies._sweep._sweep import make_runs
from ._choice import (
    Kind,
    ModelOption,
    RateOption,
    SimulatorOption,
    settled_kind,
    typed_kind,
)
from ._compare_folder import compare_folder
from ._contestants import contestants
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._options import MOST_BUDGET, as_folder, as_task, as_text, number as number_option
from ._output import AsJson
from ._sweep_progress import SweepProgress
from ._typed import RestartOption, begin_anew, typed_task

FAILED = 1


@takes_extra
@plain_errors
def compare(
    extra: tuple[str, ...],
    task: Annotated[
        str,
        typer.Argument(
            parser=as_task,
            metavar="TASK|DIR",
            help="A name from `invdesign tasks`, FILE.py:OBJECT, or the folder of a sweep.",
        ),
    ],
    optimizers: Annotated[
        str | None,
        typer.Option(
            parser=as_text,
            metavar="TEXT",
            help="Names, separated by commas; what `run` takes for the task, cem and cmaes by "
            "default.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=10_000, help="Runs of each optimizer.")] = 1,
    budget: Annotated[
        float | None,
        typer.Option(
            callback=number_option(above=0, most=MOST_BUDGET),
            help="Charged simulator steps a run; 40 gradients by default.",
        ),
    ] = None,
    learning_rate: RateOption = None,
    simulator: SimulatorOption = None,
    model: ModelOption = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=as_folder, metavar="PATH", help="runs/compare-<task> by default."),
    ] = None,
    restart: RestartOption = False,
    target: Annotated[
        float | None,
        typer.Option(
            callback=number_option(least=-1e9, most=1e9),
            help="The training score to reach; what random search does by default.",
        ),
    ] = None,
    judge: Annotated[
        bool,
        typer.Option(
            "--judge",
            help="Of a sweep: judge the champions at shares of the budget, too, where they are not "
            "yet. Of a task that is always done.",
        ),
    ] = False,
    code: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            parser=as_task,
            metavar="FILE.py:OBJECT",
            help="Of a sweep: a task in it whose code may be run to judge.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sweep a task with several optimizers on the same budget, and compare what is in the folder.

    Naming the folder again goes on where it stopped; more optimizers and seeds can be added. Of a
    sweep's folder, compare what is finished in it.
    """
    options = extra_options(extra)
    trusted = {task_source(each) for each in code or ()}
    if is_sweep(task):
        given = {"optimizers": optimizers, "budget": budget, "learning-rate": learning_rate}
        given |= {"model": model, "out": out, "restart": restart, **options}
        _refuse(f"`{task}`, whose runs are made", given)
        compare_folder(Path(task), target=target, judge=judge, trusted=trusted, as_json=as_json)
        return
    _refuse("a task, whose code is typed, and whose champions are judged", {"task": code})
    found = typed_task(task, out, options, restart=restart)
    config = RunConfig(
        task=task_source(task),
        options=options,
        learning_rate=learning_rate,
        simulator=typed_kind(simulator),
        model=model,
        budget=budget,
    )
    usual = dataclasses.replace(config, learning_rate=None)
    settled = settled_kind(simulator, resolve(usual, found=found, optimizers=OPTIMIZERS))
    suffix = "" if settled is Kind.LEARNED else f"-{settled.value}"
    folder = out or Path("runs") / f"compare-{found.task.name}{suffix}"
    # What is usual is left out of the record.
    settled_name = None if settled is Kind.LEARNED else settled.value
    config = dataclasses.replace(config, simulator=settled_name)
    runs = contestants(optimizers, found, config, seeds)
    begin_anew(folder, restart=restart)
    try:
        with SweepProgress() as progress:
            swept = make_runs(
                runs,
                folder,
                executor=LocalWorkers(),
                only="unfinished",
                pictures=False,
                look=progress.look,
            )
        trusted = {config.task}
        compare_folder(folder, target=target, judge=True, trusted=trusted, as_json=as_json)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    if swept.failed:
        raise typer.Exit(FAILED)


def _refuse(what: str, given: Mapping[str, Any]) -> None:
    """Refuse options that have no effect on what is compared."""
    name = next((name for name, value in given.items() if value), None)
    if name is not None:
        raise ValueError(f"`--{name}` has no effect on {what}; leave it out.")
