"""`invdesign verify RUN_DIR`: a run's design in the reference solver, once more."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from .._verify import (
    Judgement,
    Verification,
    judge_finer,
    pick_conditions,
    verify as verify_design,
)
from ..families import Doubts
from ..io._run_directory import RunDirectory, read_run_directory
from ..studies import RunConfig
from ..studies._error_scores import error_numbers, scores_with_errors
from ..studies._finer import FINER, fine_numbers
from ..studies._identity import task_of
from ..studies._resolve import resolve, weights_sha256
from ..studies._result import read_settings
from ..studies._run import known_numbers, read_champion
from ._errors import plain_errors
from ._options import as_path, as_task, as_text, number as number_option
from ._output import AsJson, error_rows, number, remark, report, stderr, table
from ._verify_all import verify_all


def _table(
    run: RunDirectory,
    checked: Verification,
    finer: Judgement | None,
    off: Mapping[str, Any],
    doubted: Doubts,
) -> Any:
    assert checked.scores is not None
    columns = {"simulator": checked.scores, "reference": checked.reference_scores}
    if finer is not None:
        columns["twice as fine"] = finer.scores
    rows = [
        [str(index), *(number(score) for score in scores)]
        for index, scores in enumerate(zip(*columns.values(), strict=True))
    ]
    trusted = (scores for name, scores in columns.items() if name != "simulator")
    spreads = (f"{number(scores.mean())} ± {number(scores.std())}" for scores in trusted)
    rows.append(["mean", number(checked.score), *spreads])
    rows.append(["gap", "", number(checked.gap)])
    rows += [[name, "", value] for name, value in error_rows(off)]
    rows += [[name.replace("_", " "), number(value)] for name, value in doubted.numbers.items()]
    width = 1 + len(columns)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    return table(["condition", *columns], padded, title=str(run.path))


@plain_errors
def verify(
    run_dir: Annotated[
        Path | None,
        typer.Argument(parser=as_path, metavar="[RUN_DIR]", help="A run directory."),
    ] = None,
    conditions: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Unseen conditions to use, all by default."),
    ] = None,
    fine: Annotated[
        bool, typer.Option("--fine", help="And in the reference solver at twice its resolution.")
    ] = False,
    errors: Annotated[
        float | None,
        typer.Option(
            callback=number_option(above=0, most=1e6),
            help="And designs with normal errors of this standard deviation in all parameters, in "
            "their own units; by default those that were searched with.",
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            parser=as_task,
            metavar="FILE.py:OBJECT",
            help="FILE.py:OBJECT of the run's task, which is not run because a directory names it.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Instead of a run: every published design.")
    ] = False,
    tasks: Annotated[
        str | None,
        typer.Option(
            parser=as_text, metavar="TEXT", help="With --all: of these tasks only, between commas."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay the design of a run in the reference solver; changes nothing in the directory.

    With --all: the designs of the leaderboard. Exit code 1 where a published number is further off
    than its spread over the conditions, taken between a hundredth and a tenth of it.
    """
    if everything:
        if any(each is not None for each in (run_dir, conditions, errors, task)):
            raise ValueError(
                "`--all` takes no run directory, `--conditions`, `--errors` or `--task`."
            )
        verify_all(tasks, fine=fine, as_json=as_json)
        return
    if run_dir is None:
        raise ValueError("Name a run directory, or `--all` for every published design.")
    if tasks is not None:
        raise ValueError("`--tasks` goes with `--all`; for the task of a run there is `--task`.")
    _verify_run(run_dir, conditions, fine=fine, errors=errors, task=task, as_json=as_json)


def _verify_run(
    run_dir: Path,
    conditions: int | None,
    *,
    fine: bool,
    errors: float | None,
    task: str | None,
    as_json: bool,
) -> None:
    run = read_run_directory(run_dir)
    found, unknown = task_of(run, task)
    wanted = found.task
    latent = read_champion(run, wanted, source=task)
    unseen = pick_conditions(wanted, conditions)
    settings = read_settings(run)
    model = settings.model
    if weights_sha256(model) != settings.weights_sha256:
        raise ValueError(
            f"The weights of `{model}` have changed since `{run_dir}` was made; the score cannot "
            "be reproduced with them."
        )
    config = RunConfig(
        task=found.source,
        simulator=settings.simulator,
        model=model,
        resolution=settings.resolution,
    )
    resolved = resolve(config, found=found)
    if fine:
        resolved.solver.refined(FINER)  # refused before anything is simulated
    stderr.print("verification in the reference solver")
    checked = verify_design(
        latent, wanted, resolved.solver, simulator=resolved.simulator, conditions=unseen
    )
    if not np.isfinite(checked.reference_scores).any():
        raise ValueError(f"`{run_dir}` cannot be verified: {' '.join(checked.failures)}")
    finer = None
    if fine:
        stderr.print("verification at twice the resolution")
        finer = judge_finer(latent, wanted, resolved.solver, factor=FINER, conditions=unseen)
    off, std, numbers = None, errors or settings.errors, {}
    if std:
        stderr.print(f"verification with errors of {std:g}")
        off = scores_with_errors(latent, wanted, resolved.solver, std, conditions=unseen)
        numbers = error_numbers(off, std)
    doubted = resolved.family.models.doubts(wanted, latent, resolved.simulator)
    notes = [
        *run.notes,
        *found.sources.notes,
        *unknown,
        *doubted.notes,
        *checked.notes,
        *checked.failures,
        *([] if finer is None else finer.failures("finer reference solver")),
        *([] if off is None else off.failures("reference solver, of designs with errors,")),
    ]
    payload = {
        "task": wanted.name,
        "out": str(run_dir),
        "reference_score_mean": checked.reference_score_mean,
        "reference_score_std": checked.reference_score_std,
        "score": checked.score,
        "gap": checked.gap,
        "scores": checked.scores,
        "reference_scores": checked.reference_scores,
        "num_failed": checked.num_failed,
        **(fine_numbers(finer) if finer is not None else {}),
        **numbers,
        **doubted.numbers,
        "notes": notes,
    }
    remark(notes)
    shown = _table(run, checked, finer, numbers, doubted)
    report(known_numbers(payload), shown, as_json=as_json)
