"""`invdesign refine TASK`: design, verify, learn from what was verified, and go on."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import jax
import typer

from .._digest import digest
from ..io._checksum import sha256
from ..io._weights import read_hyperparameters
from ..studies import RunConfig, Watch
from ..studies._refine import Rounds, refine as refine_model
from ..studies._resolve import load_simulator, resolve
from ..viz import save_figure
from ..viz._refinement import refinement_figure
from ._choice import ModelOption, RateOption
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._options import MOST, SeedOption, as_folder, as_text, number as number_option
from ._output import AsJson, number, remark, report, table
from ._progress import RunProgress
from ._typed import RestartOption, TaskArgument, begin_anew, typed_task
from .run import violations


def _table(rows: list[dict[str, Any]], metrics: Iterable[str], title: str) -> Any:
    pairs = [key for name in metrics for key in (name, f"reference_{name}")]
    columns = ["round", "score", "reference_score", "gap", *pairs]
    columns += ["distance_to_data"] * any("distance_to_data" in row for row in rows)
    columns += ["charged_steps", "lessons", "seconds"]
    missed = any(row["reference_violations"] for row in rows)
    cells = [
        [_cell(name, row.get(name)) for name in columns]
        + [violations(row["reference_violations"])] * missed
        for row in rows
    ]
    titles = [name.replace("_", " ") for name in columns] + ["missed (reference)"] * missed
    return table(titles, cells, title=title)


def _cell(name: str, value: float | None) -> str:
    if name == "charged_steps":
        return f"{value:,.0f}"
    return number(value, 4 if name[-3:] in ("_cd", "_cl") or name in ("cd", "cl") else 3)


@takes_extra
@plain_errors
def refine(
    extra: tuple[str, ...],
    task: TaskArgument,
    rounds: Annotated[
        int, typer.Option(min=1, max=10_000, help="Searches followed by learning.")
    ] = 2,
    steps: Annotated[int, typer.Option(min=1, max=MOST, help="Iterations of each search.")] = 40,
    designs: Annotated[
        int,
        typer.Option(min=1, max=10_000, help="Simulations of the solver that a round learns from."),
    ] = 16,
    updates: Annotated[
        int, typer.Option(min=1, max=MOST, help="Updates of the weights in a round.")
    ] = 200,
    tolerance: Annotated[
        float | None,
        typer.Option(
            callback=number_option(least=0, most=1e6),
            help="Gap between the scores at which model and solver agree, over the solver's score "
            "if that is above 1; the family's by default, 0.02 or less.",
        ),
    ] = None,
    allowance: Annotated[
        float,
        typer.Option(
            callback=number_option(least=0, most=1e6),
            help="By how much constraints may be missed in the solver.",
        ),
    ] = 0.005,
    optimizer: Annotated[
        str | None, typer.Option(parser=as_text, metavar="TEXT", help="As in `invdesign run`.")
    ] = None,
    learning_rate: RateOption = None,
    seed: SeedOption = 0,
    model: ModelOption = None,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder,
            metavar="PATH",
            help="Data that the model goes on learning from, where its family takes any; those of "
            "its training in data/ by default, or some that are made for it.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder, metavar="PATH", help="runs/refine-<task>-<seed> by default."
        ),
    ] = None,
    restart: RestartOption = False,
    as_json: AsJson = False,
) -> None:
    """Optimise through the model, verify in the solver, teach the model, until they agree.

    The refined weights are in the folder: `--model FOLDER/model.safetensors` uses them. Naming the
    folder again goes on where it stopped.
    """
    options = extra_options(extra)
    found = typed_task(task, out, options, restart=restart)
    wanted = found.task
    config = RunConfig(
        task=task,
        options=options,
        optimizer=optimizer,
        learning_rate=learning_rate,
        simulator="learned",
        model=model,
        seed=seed,
        steps=steps,
    )
    resolved = resolve(config, found=found)
    family = resolved.family
    near = family.tolerance if tolerance is None else tolerance
    limits = Rounds(rounds, steps, designs, near, allowance)
    player = resolved.player()
    model = model or family.models.default_for(wanted)
    if model is None or "," in model or family.training is None:
        raise ValueError(f"`refine` teaches one model that can learn, got `--model {model}`.")
    folder = out or Path("runs") / f"refine-{wanted.name}-{seed}"
    header = read_hyperparameters(load_simulator(model)[1])
    learner = family.training.learner(
        resolved.simulator, header, data=data, out=folder, updates=updates, seed=seed
    )
    configuration = {
        "kind": "refine",
        "optimizer": player.name,
        "optimizer_digest": digest(player.optimizer, "optimizer"),
        **player.settings,
        "seed": seed,
        **dataclasses.asdict(limits),
        "updates": updates,
        "data": None if data is None else str(data.resolve()),
        **resolved.identity(),
    }
    begin_anew(folder, restart=restart)
    try:
        with RunProgress(steps, "iteration") as progress:
            rows = refine_model(
                folder,
                configuration,
                resolved.problem,
                player.optimizer,
                learner,
                reference=resolved.solver,
                key=jax.random.key(seed),
                limits=limits,
                watch=Watch(progress.phase, progress.row),
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    title = f"{wanted.name}: {Path(model).name} learns from its designs"
    save_figure(folder / "figure.png", refinement_figure(rows, title=title))
    weights = folder / "model.safetensors"
    payload = {
        "task": wanted.name,
        "model": model,
        "rounds": rows,
        "weights": str(weights),
        "weights_sha256": sha256(weights),
        "out": str(folder),
    }
    remark(f"round {row['round']}: {note}" for row in rows for note in row.get("notes", ()))
    shown = _table(rows, wanted.metrics, f"{wanted.name}: unseen conditions, round by round")
    shown.caption = str(weights)
    report(payload, shown, as_json=as_json)
