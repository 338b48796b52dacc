"""`invdesign refine TASK`: design, verify, learn from what was verified, and go on."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import jax
import typer

from .._digest import digest
from .._task import Task
from ..io import read_hyperparameters, sha256
from ..simulators import FoilSimulator
from ..studies import Rounds, Watch, refine as refine_model, task_identity
from ..training import (
    AbstractLearner,
    FoilLearner,
    FoilModelConfig,
    ModelConfig,
    WaterLearner,
    load_config,
)
from ..viz import refinement_figure, save_figure
from ._errors import plain_errors
from ._optimizers import Effort, RateOption, contestant, default_optimizer, refuse_unused
from ._options import MOST, SeedOption, as_folder, as_text, number as number_option
from ._output import AsJson, number, remark, report, table
from ._progress import RunProgress
from ._simulators import (
    Chosen,
    CloseOption,
    Kind,
    LimitOption,
    ModelOption,
    choose,
    default_model,
    is_foil,
    load_simulator,
)
from ._typed import RestartOption, TaskArgument, begin_anew, typed_task
from .run import violations
from .train import default_data, find_config

_TOLERANCE = 0.02
_FOIL_TOLERANCE = 0.01


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


def _learner(
    chosen: Chosen, path: Path, data: Path | None, out: Path, updates: int, seed: int
) -> AbstractLearner[Any]:
    """How simulators of the chosen kind learn.

    **Raises:** `ValueError` if data is given that is not there or not for this kind.
    """
    header = read_hyperparameters(path)["model"]
    if not isinstance(chosen.simulator, FoilSimulator):
        if data is not None:
            raise ValueError("`--data` is for models of sections; those of water need none.")
        return WaterLearner(ModelConfig(**header), updates=updates, seed=seed)
    config = load_config(find_config("airfoil"))
    if data is not None and not (data / "metadata.json").exists():
        raise ValueError(f"There is no data set in `{data}`; `invdesign data airfoil` makes one.")
    usual = default_data(config.data)
    return FoilLearner(
        dataclasses.replace(config, model=FoilModelConfig(**header)),
        data or (usual if (usual / "metadata.json").exists() else out / "rehearsal"),
        updates=updates,
        seed=seed,
        grid=chosen.simulator.grid,
        layout=chosen.simulator.layout,
    )


def _tolerance(given: float | None, task: Task) -> float:
    return given if given is not None else _FOIL_TOLERANCE if is_foil(task) else _TOLERANCE


@plain_errors
def refine(
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
            f"if that is above 1; {_TOLERANCE:g} by default, {_FOIL_TOLERANCE:g} for sections.",
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
    gradient_limit: LimitOption = None,
    max_distance: CloseOption = None,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder,
            metavar="PATH",
            help="Cases that a model of sections goes on learning from; those of its training in "
            "data/ by default, or some that are solved for it.",
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
    found = typed_task(task, out, restart=restart)
    wanted = found.task
    optimizer = optimizer or default_optimizer(wanted)
    refuse_unused([optimizer], gradient_limit=gradient_limit, learning_rate=learning_rate)
    limits = Rounds(rounds, steps, designs, _tolerance(tolerance, wanted), allowance)
    chosen = choose(Kind.LEARNED, model, wanted, limit=gradient_limit, max_distance=max_distance)
    problem = chosen.problem(wanted)
    effort = Effort(steps=steps, learning_rate=learning_rate)
    player = contestant(optimizer, problem, effort)
    model = model or default_model(wanted)
    if "," in model:
        raise ValueError(f"`refine` teaches one model, got `--model {model}`.")
    folder = out or Path("runs") / f"refine-{wanted.name}-{seed}"
    learner = _learner(chosen, load_simulator(model)[1], data, folder, updates, seed)
    configuration = {
        "kind": "refine",
        **task_identity(found),
        "optimizer": player.name,
        "optimizer_digest": digest(player.optimizer, "optimizer"),
        **player.settings,
        "seed": seed,
        **dataclasses.asdict(limits),
        "updates": updates,
        "data": None if data is None else str(data.resolve()),
        **chosen.settings,
    }
    begin_anew(folder, restart=restart)
    try:
        with RunProgress(steps, "iteration") as progress:
            rows = refine_model(
                folder,
                configuration,
                problem,
                player.optimizer,
                learner,
                reference=chosen.solver,
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
