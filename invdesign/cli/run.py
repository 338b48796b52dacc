"""`invdesign run TASK`: design a tool, check it in the reference solver, draw it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import jax
import typer

from .._checks import MOST_CANDIDATES
from .._digest import digest
from .._problem import Problem
from .._solve import check_solve
from .._task import Task
from ..io import read_design
from ..studies import Contestant, FoundTask, Watch, run_design, seeded_start, task_identity
from ._errors import plain_errors
from ._optimizers import (
    Effort,
    RateOption,
    contestant,
    default_budget,
    default_optimizer,
    refuse_unused,
)
from ._options import (
    MOST,
    MOST_BUDGET,
    SeedOption,
    as_folder,
    as_path,
    as_text,
    number as number_option,
)
from ._output import AsJson, number, report, table
from ._progress import RunProgress
from ._simulators import (
    Chosen,
    CloseOption,
    Kind,
    LimitOption,
    ModelOption,
    SimulatorOption,
    choose,
)
from ._typed import RestartOption, TaskArgument, begin_anew, typed_task


def default_out(task: Task, optimizer: str, seed: int, kind: Kind) -> Path:
    """Where a run goes by default; descents through the reference solver have their own place."""
    name = f"{task.name}-{optimizer}-{seed}"
    return Path("runs") / (name if kind is Kind.LEARNED else f"{name}-{kind.value}")


def initial_latent(task: Task, path: Path | None) -> Any:
    """The latent to start from: of a design's file, or `None` for the task's own.

    **Raises:** `ValueError` if the file is broken or holds no design of the task.
    """
    if path is None:
        return None
    try:
        return task.space.encode(read_design(path).parameters)
    except ValueError as error:
        named = str(path) in str(error)
        raise ValueError(str(error) if named else f"`{path}`: {error}") from error


def _effort(problem: Problem, steps: int | None, budget: float | None, **knobs: Any) -> Effort:
    if steps is None and budget is None:
        budget = default_budget(problem)
    return Effort(steps=steps, budget=budget, **knobs)


def _configuration(
    found: FoundTask, player: Contestant, effort: Effort, chosen: Chosen, seed: int, init: Any
) -> dict[str, Any]:
    return {
        **task_identity(found),
        "optimizer": player.name,
        "optimizer_digest": digest(player.optimizer, "optimizer"),
        **player.settings,
        "steps": effort.steps,
        "budget": effort.budget,
        "seed": seed,
        **chosen.settings,
        "init": init,
    }


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
    learned = result["simulator"] == Kind.LEARNED.value
    missed = {"learned": result["violations"], "reference": result["reference_violations"]}
    rows = [
        ["score before", number(result["score_initial"])],
        *[["score after (learned)", number(result["score"])]] * learned,
        ["score after (reference)", spread],
        *[[name, _metric(result, name)] for name in metrics],
        *[[f"missed ({kind})", violations(found)] for kind, found in missed.items() if found],
        *[["distance to the data (1 is typical)", number(result.get("distance_to_data"))]]
        * ("distance_to_data" in result),
        ["simulator steps", f"{result['simulator_steps']:,}"],
        ["of them with gradient", f"{result['gradient_steps']:,}"],
        ["seconds", f"{result['seconds']:.0f} ({phases})"],
        ["ended because", result["reason"]],
        *[["note", note] for note in result["notes"]],
        ["run directory", result["out"]],
    ]
    title = f"{result['task']}: {result['optimizer']}, seed {result['seed']}, unseen conditions"
    return table(["", ""], rows, title=title)


@plain_errors
def run(
    task: TaskArgument,
    optimizer: Annotated[
        str | None,
        typer.Option(
            parser=as_text,
            metavar="TEXT",
            help="adam, coupled-adam, sgd, lbfgs, bfgs, slsqp, cem, cmaes, random, cmaes-adam, "
            "...; by default slsqp for tasks with constraints, coupled-adam for joints, rotors "
            "and heights, adam for others.",
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=MOST, help="Iterations at most.")] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            callback=number_option(above=0, most=MOST_BUDGET),
            help="Charged simulator steps at most; 40 gradients by default, 100 with constraints.",
        ),
    ] = None,
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
    seed: SeedOption = 0,
    simulator: SimulatorOption = Kind.LEARNED,
    model: ModelOption = None,
    gradient_limit: LimitOption = None,
    max_distance: CloseOption = None,
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
    as_json: AsJson = False,
) -> None:
    """Design a tool or a section, score it on unseen conditions, verify it in the reference solver.

    Naming the directory of a run again goes on with it, or reports it if it is finished; it is
    refused if the task or anything else has changed since. Seed 0 starts from the task's own
    design, or that of `--init`; every other seed from one a little beside it.
    """
    found = typed_task(task, out, restart=restart)
    wanted = found.task
    optimizer = optimizer or default_optimizer(wanted)
    knobs = {"learning_rate": learning_rate, "population": population, "elites": elites}
    refuse_unused([optimizer], gradient_limit=gradient_limit, **knobs)
    start = initial_latent(wanted, init)
    chosen = choose(simulator, model, wanted, limit=gradient_limit, max_distance=max_distance)
    problem = chosen.problem(wanted)
    effort = _effort(problem, steps, budget, **knobs)
    player = contestant(optimizer, problem, effort)
    folder = out or default_out(wanted, optimizer, seed, simulator)
    total, key = (effort.steps, "iteration") if effort.steps else (effort.budget, "charged_steps")
    assert total is not None
    configuration = _configuration(found, player, effort, chosen, seed, start)
    check_solve(problem, player.optimizer, max_steps=effort.steps, budget=effort.budget)
    begin_anew(folder, restart=restart)
    try:
        with RunProgress(total, key) as progress:
            result = run_design(
                folder,
                configuration,
                problem,
                player.optimizer,
                reference=chosen.reference,
                missing=chosen.missing,
                key=jax.random.key(seed),
                max_steps=effort.steps,
                budget=effort.budget,
                initial=seeded_start(wanted.space, seed, about=start),
                watch=Watch(progress.phase, progress.row),
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    result = {**result, "out": str(folder)}
    report(result, _table(result, list(wanted.metrics)), as_json=as_json)
