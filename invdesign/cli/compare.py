"""`invdesign compare TASK`: optimizers on equal budgets."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ..studies import RunConfig, Watch, resolve
from ..studies._compare import compare as compare_optimizers, summarize
from ..studies._optimizers import default_optimizer
from ..studies._sweep._record import is_sweep
from ._choice import Kind, ModelOption, RateOption, SimulatorOption
from ._compare_folder import compare_folder
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._options import MOST_BUDGET, as_folder, as_task, as_text, number as number_option
from ._output import AsJson, number, remark, report, table
from ._progress import RunProgress
from ._typed import RestartOption, begin_anew, typed_task


def _table(rows: list[dict[str, Any]], title: str) -> Any:
    far = any("distance_to_data" in row for row in rows)

    def ranged(row: dict[str, Any], key: str) -> str:
        low, high = number(row[f"{key}_min"]), number(row[f"{key}_max"])
        return f"{number(row[key])} ({low} to {high})"

    cells = [
        [
            row["optimizer"],
            row["seeds"],
            ranged(row, "score"),
            ranged(row, "reference_score"),
            f"{row['charged_steps']:,.0f}",
            number(row["seconds"]),
            *[number(row.get("distance_to_data"))] * far,
        ]
        for row in rows
    ]
    columns = ["optimizer", "seeds", "score", "reference score", "charged steps", "seconds"]
    columns += ["distance to the data"] * far
    return table(columns, cells, title=title)


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
    simulator: SimulatorOption = Kind.LEARNED,
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
            help="Of a sweep: the training score to reach; what random search does by default.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run several optimizers on the same budget and draw their scores against it.

    Naming the folder again goes on where it stopped; more optimizers and seeds can be added. Of a
    sweep's folder, compare what is finished in it.
    """
    options = extra_options(extra)
    if is_sweep(task):
        given = {"optimizers": optimizers, "budget": budget, "learning-rate": learning_rate}
        given |= {"model": model, "out": out, "restart": restart, **options}
        compare_folder(Path(task), given, target=target, as_json=as_json)
        return
    if target is not None:
        raise ValueError("`--target` is for the folder of a sweep; leave it out.")
    found = typed_task(task, out, options, restart=restart)
    wanted = found.task
    optimizers = optimizers or f"{default_optimizer(wanted)},cem,cmaes"
    names = list(dict.fromkeys(name.strip() for name in optimizers.split(",") if name.strip()))
    config = RunConfig(
        task=task,
        options=options,
        learning_rate=learning_rate,
        simulator=simulator.value,
        model=model,
        budget=budget,
    )
    resolved = resolve(config, found=found, optimizers=names)
    budget = resolved.effort.budget
    assert budget is not None
    players = [resolved.player(name) for name in names]
    suffix = "" if simulator is Kind.LEARNED else f"-{simulator.value}"
    folder = out or Path("runs") / f"compare-{wanted.name}{suffix}"
    configuration = {"kind": "compare", "budget": budget, **resolved.identity()}
    begin_anew(folder, restart=restart)
    try:
        with RunProgress(budget, "charged_steps") as progress:
            results = compare_optimizers(
                folder,
                configuration,
                resolved.problem,
                players,
                reference=resolved.solver,
                num_seeds=seeds,
                budget=budget,
                watch=Watch(progress.phase, progress.row),
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    rows = summarize(results)
    notes = [
        f"{result['optimizer']}, seed {result['seed']}: {note}"
        for result in results
        for note in result.get("notes", ())
    ]
    remark(notes)
    title = f"{wanted.name}: median and range over seeds, {budget:g} charged steps a run"
    payload = {
        "task": wanted.name,
        "simulator": simulator.value,
        "budget": budget,
        "rows": rows,
        "runs": results,
        "notes": notes,
        "figure": str(folder / "comparison.png"),
        "out": str(folder),
    }
    report(payload, _table(rows, title), as_json=as_json)
