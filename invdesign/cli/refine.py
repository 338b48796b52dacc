"""`invdesign refine TASK`: design, verify, learn from what was verified, and go on."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import jax
import typer

from ..io import read_hyperparameters, sha256
from ..studies import Rounds, Watch, load_task, refine as refine_model, task_digest
from ..training import ModelConfig, WaterLearner
from ..viz import refinement_figure, save_figure
from ._errors import plain_errors
from ._optimizers import Effort, RateOption, contestant
from ._output import AsJson, number, report, table
from ._progress import RunProgress
from ._simulators import Kind, LimitOption, ModelOption, choose, load_learned
from .run import TaskArgument, task_source


def _table(rows: list[dict[str, Any]], title: str) -> Any:
    columns = ["round", "score", "reference_score", "gap", "charged_steps", "lessons", "seconds"]
    cells = [
        [f"{row[name]:,.0f}" if name == "charged_steps" else number(row[name]) for name in columns]
        for row in rows
    ]
    return table([name.replace("_", " ") for name in columns], cells, title=title)


@plain_errors
def refine(
    task: TaskArgument,
    rounds: Annotated[int, typer.Option(help="Searches followed by learning.")] = 2,
    steps: Annotated[int, typer.Option(help="Iterations of each search.")] = 40,
    designs: Annotated[
        int, typer.Option(help="Trajectories of the solver that a round learns from.")
    ] = 16,
    updates: Annotated[int, typer.Option(help="Updates of the weights in a round.")] = 200,
    tolerance: Annotated[
        float, typer.Option(help="Gap between the scores at which model and solver agree.")
    ] = 0.02,
    optimizer: Annotated[str, typer.Option(help="As in `invdesign run`.")] = "adam",
    learning_rate: RateOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all randomness.")] = 0,
    model: ModelOption = None,
    gradient_limit: LimitOption = None,
    out: Annotated[Path | None, typer.Option(help="runs/refine-<task>-<seed> by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Optimise through the model, verify in the solver, teach the model, until they agree.

    The refined weights are in the folder: `--model FOLDER/model.safetensors` uses them. Naming the
    folder again goes on where it stopped.
    """
    wanted = load_task(task)
    limits = Rounds(rounds=rounds, max_steps=steps, designs=designs, tolerance=tolerance)
    chosen = choose(Kind.LEARNED, model, wanted, limit=gradient_limit)
    problem = chosen.problem(wanted)
    player = contestant(optimizer, problem, Effort(steps=steps, learning_rate=learning_rate))
    model = model or "water2d"
    if "," in model:
        raise ValueError(f"`refine` teaches one model, got `--model {model}`.")
    path = load_learned(model)[1]
    header = ModelConfig(**read_hyperparameters(path)["model"])
    learner = WaterLearner(header, updates=updates, seed=seed)
    folder = out or Path("runs") / f"refine-{wanted.name}-{seed}"
    configuration = {
        "kind": "refine",
        "task": wanted.name,
        "task_source": task_source(task),
        "task_digest": task_digest(wanted),
        "optimizer": player.name,
        **player.settings,
        "seed": seed,
        **dataclasses.asdict(limits),
        "updates": updates,
        **chosen.settings,
    }
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
    title = f"{wanted.name}: {model} learns from its designs"
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
    shown = _table(rows, f"{wanted.name}: unseen conditions, round by round")
    shown.caption = str(weights)
    report(payload, shown, as_json=as_json)
