"""Optimise, verify, learn from what was verified, and go on: until model and truth agree."""

import dataclasses
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
from msgspec import Meta

from .._checks import checked_count, checked_key, checked_number
from .._problem import Problem, num_conditions
from .._results import RESULTS
from .._simulator import AbstractSimulator
from .._solve import check_solve, solve
from .._task import Task
from .._types import Array, Float, Latent, Latents, PRNGKeyArray
from .._verify import Judgement, check_frames, judge, notes_of
from ..io._atomic import make_folder
from ..io._run_directory import RunDirectory, open_run_directory
from ..io._schema import Count, NonNegative, as_record
from ..io._sealed import fingerprint, read_sealed, write_sealed
from ..optimizers import AbstractOptimizer, Then
from ..reference import AbstractReference, Simulated
from ..training import AbstractLearner, Lesson
from ._known import doubts
from ._run import SILENT, Watch, known_numbers, write_design_files

_MARKS = (0.25, 0.5, 0.75, 1.0)  # shares of a search at which its champion is verified
_NEARBY = 0.2  # latent units: how far designs around a champion are
_INFINITE = float("inf")


_Latents = list[Annotated[list[float], Meta(min_length=1)]]


class _Round(msgspec.Struct):
    """`round.json`: what a search came to; a task's metrics stand beside these."""

    round: Count
    score: float | None
    reference_score: float | None
    gap: float | None
    reference_violations: dict[str, float | None]
    charged_steps: NonNegative
    latents: Annotated[_Latents, Meta(min_length=1)]
    seconds: NonNegative
    notes: list[str]


class _Champions(msgspec.Struct, forbid_unknown_fields=True):
    """`champions.json`: of a search at the marks that it has passed, and what it was charged."""

    latents: Annotated[_Latents, Meta(max_length=len(_MARKS))]
    steps: NonNegative


class _Lessons(msgspec.Struct, forbid_unknown_fields=True):
    """`lessons.json`: how many a round has, once all are written."""

    number: Annotated[int, Meta(ge=1, le=2**31)]


def _recorded(path: Path, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The content of a file of a round, which is a `kind`."""
    content = read_sealed(path)
    as_record(content, kind, path=path)
    return content


@dataclasses.dataclass(frozen=True)
class Rounds:
    """How much a refinement may do.

    **Arguments:**

    - `rounds`: searches followed by learning, at least 1; one more search ends it.
    - `max_steps`: iterations of each search, at least 1.
    - `designs`: trajectories of the reference solver that a round learns from, at least 1: the
      search's champions at four moments, and random designs near them.
    - `tolerance`: the difference of learned and reference score at which it may stop: of the
      scores themselves up to 1, above that over the reference's.
    - `allowance`: by how much a constraint may be missed in the reference solver, in its own unit:
      where more is missed the search goes on, and another round's design is preferred.
    """

    rounds: int = 2
    max_steps: int = 40
    designs: int = 16
    tolerance: float = 0.02
    allowance: float = 0.005

    def __post_init__(self):
        for name in ("rounds", "max_steps", "designs"):
            checked_count(getattr(self, name), name, "Rounds")
        for name in ("tolerance", "allowance"):
            checked_number(getattr(self, name), name, "Rounds", least=0)

    def agree(self, row: Mapping[str, Any]) -> bool:
        """Whether a round's champion is what the simulator took it for."""
        if row["gap"] is None or _missed(row) > self.allowance:
            return False
        return abs(row["gap"]) <= self.tolerance * max(1.0, abs(row["reference_score"]))

    def best(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The round whose champion the reference solver likes best.

        That is the highest score among those that keep the constraints, else the smallest
        violation; a champion that could not be verified is better than nothing only.
        """

        def rank(row: dict[str, Any]) -> tuple[bool, float, float]:
            score, missed = row["reference_score"], max(_missed(row), self.allowance)
            return score is not None, -missed, -_INFINITE if score is None else score

        return max(rows, key=rank)


def refine(
    out: str | Path,
    configuration: Mapping[str, Any],
    problem: Problem,
    optimizer: AbstractOptimizer | Then,
    learner: AbstractLearner[Any],
    *,
    reference: AbstractReference,
    key: PRNGKeyArray,
    limits: Rounds,
    watch: Watch = SILENT,
) -> list[dict[str, Any]]:
    """Alternate design and learning, for any simulator, reference and learner.

    Each round searches from the champion of the one before and scores the new champion on unseen
    conditions under the simulator and in the reference solver. Unless the two agree and what is
    demanded holds in the reference solver, too, it teaches the simulator what the reference solver
    makes of the search's designs and of some near them, on the conditions optimised on. The folder
    can be named again: what is done is read, an interrupted round goes on.

    **Arguments:**

    - `out`: the folder: one for each round, `design.json` of the champion that the reference solver
      likes best, `model.safetensors` of the last simulator, and `refinement.json`.
    - `configuration`: a JSON-able mapping of all that determines the result.
    - `learner`: how simulators of this kind learn.

    **Returns:** one mapping a round with `round`, `score`, `reference_score`, `gap`, the task's
    metrics under both (`NAME`, `reference_NAME`), `reference_violations`, `charged_steps`,
    `lessons` (trajectories learned from so far), `seconds`, for sections `distance_to_data`, and
    `notes` on what to doubt. Numbers that the reference solver failed to give are `None`.

    **Raises:** `ValueError` as `solve` and the learner do, or if `out` holds anything else;
    `KeyboardInterrupt` after Ctrl-C.
    """
    checked_key(key, "refine")
    check_frames(problem.simulator, reference)
    check_solve(problem, optimizer, max_steps=limits.max_steps)
    learner.check(_scene(problem.task, problem.task.space.initial(), 0))
    run = open_run_directory(out, configuration)
    study = _Refinement(run, optimizer, learner, reference, key, limits, watch)
    rows: list[dict[str, Any]] = []
    lessons: list[Path] = []
    num_lessons = 0
    for number in range(limits.rounds + 1):
        start = rows[-1]["latents"][-1] if rows else problem.task.space.initial()
        row = study.search(number, problem, jnp.asarray(start))
        rows.append({**row, "lessons": num_lessons})
        if limits.agree(row) or number == limits.rounds:
            break
        folder, written = study.teach(number, problem.task, row["latents"])
        lessons.append(folder)
        num_lessons += written
        simulator = study.learn(number, problem.simulator, lessons)
        problem = dataclasses.replace(problem, simulator=simulator)
    return _conclude(run, problem, rows, limits.best(rows), learner)


@dataclasses.dataclass(frozen=True)
class _Refinement:
    run: RunDirectory
    optimizer: AbstractOptimizer | Then
    learner: AbstractLearner[Any]
    reference: AbstractReference
    key: PRNGKeyArray
    limits: Rounds
    watch: Watch

    def search(self, number: int, problem: Problem, start: Latent) -> dict[str, Any]:
        """A round's champions, the last one scored; read if the round has been here before."""
        folder = self._folder(number)
        done = folder / "round.json"
        if os.path.lexists(done):
            return _recorded(done, _Round)
        began = time.perf_counter()
        self.watch.phase(f"round {number}: search")
        latents, charged = self._champions(folder, problem, start, number)
        self.watch.phase(f"round {number}: verification")
        champion = jnp.asarray(latents[-1])
        own = judge(champion, problem.task, Simulated(problem.simulator))
        trusted = judge(champion, problem.task, self.reference)
        doubted = doubts(problem.task, champion, problem.simulator)
        row = {
            "round": number,
            **_compared(own, trusted),
            **doubted.numbers,
            "notes": [
                *doubted.notes,
                *notes_of(own, trusted),
                *own.failures("simulator"),
                *trusted.failures("reference solver"),
            ],
            "charged_steps": charged,
            "latents": latents,
            "seconds": time.perf_counter() - began,
        }
        write_sealed(done, known_numbers(row), files=("solve.npz", "champions.json"))
        return _recorded(done, _Round)

    def _champions(
        self, folder: Path, problem: Problem, start: Latent, number: int
    ) -> tuple[list[list[float]], float]:
        """The champions at the marks of a search, and what it was charged."""
        path = folder / "champions.json"
        found: dict[str, Any] = {"latents": [], "steps": 0.0}
        if os.path.lexists(path):
            found = _recorded(path, _Champions)
        for mark in _MARKS[len(found["latents"]) :]:
            solution = solve(
                problem,
                self.optimizer,
                key=jax.random.fold_in(self.key, number),
                max_steps=max(1, round(mark * self.limits.max_steps)),
                initial=start,
                callback=self.watch.row,
                checkpoint=folder,
                fingerprint=f"{fingerprint(self.run.configuration)}-{number}",
            )
            if solution.reason == "interrupted":
                raise KeyboardInterrupt
            found["latents"].append(np.asarray(solution.latent).tolist())
            found["steps"] = solution.charged_steps
            write_sealed(path, found)
        return found["latents"], found["steps"]

    def teach(self, number: int, task: Task, champions: list[list[float]]) -> tuple[Path, int]:
        """The folder with a round's lessons and their number; written if they are not there."""
        folder = self._folder(number) / "lessons"
        done = self._folder(number) / "lessons.json"
        if not os.path.lexists(done):
            self.watch.phase(f"round {number}: lessons from the reference solver")
            key = jax.random.fold_in(self.key, 1000 + number)
            latents = nearby(champions, self.limits.designs, key=key)
            lessons = lessons_of(task, self.reference, latents)
            if not lessons:
                raise ValueError(
                    f"The reference solver failed on all {len(latents)} designs of round {number}; "
                    "there is nothing to learn from."
                )
            shutil.rmtree(folder, ignore_errors=True)  # of an interrupted attempt
            self.learner.write(lessons, folder)
            write_sealed(done, {"number": len(lessons)})
        return folder, _recorded(done, _Lessons)["number"]

    def learn(
        self, number: int, simulator: AbstractSimulator, lessons: Sequence[Path]
    ) -> AbstractSimulator:
        """The simulator after a round's learning."""
        self.watch.phase(f"round {number}: learning")
        return self.learner.learn(simulator, lessons, self._folder(number))

    def _folder(self, number: int) -> Path:
        self.run.check_present()
        return make_folder(self.run / f"round-{number}")


def _compared(own: Judgement, trusted: Judgement) -> dict[str, Any]:
    """What simulator and reference solver say of one design."""
    figures: dict[str, float] = {}
    for name, values in own.metrics.items():
        figures[name] = float(values.mean())
        figures[f"reference_{name}"] = float(trusted.metrics[name].mean())
    return {
        "score": own.score,
        "reference_score": trusted.score,
        "gap": own.score - trusted.score,
        **figures,
        "reference_violations": trusted.violations,
    }


def _missed(row: Mapping[str, Any]) -> float:
    """The largest violation in the reference solver; infinite if it is unknown."""
    amounts = row["reference_violations"].values()
    return max((_INFINITE if amount is None else amount for amount in amounts), default=0.0)


def nearby(
    champions: Sequence[Sequence[float]], number: int, *, key: PRNGKeyArray
) -> Float[Array, "design latent"]:
    """`number` latents: the champions, the last first, then random ones around each in turn."""
    known = list(dict.fromkeys(tuple(latent) for latent in reversed(champions)))
    latents = jnp.asarray([known[index % len(known)] for index in range(number)])
    noise = _NEARBY * jax.random.normal(key, latents.shape, latents.dtype)
    is_new = jnp.arange(number) >= len(known)
    return latents + jnp.where(is_new[:, None], noise, 0.0)


def lessons_of(task: Task, reference: AbstractReference, latents: Latents) -> list[Lesson]:
    """What the reference solver makes of designs, each on one of the conditions optimised on.

    A failed simulation teaches nothing and is left out.
    """
    number = num_conditions(task.conditions)
    scenes = [_scene(task, latent, index % number) for index, latent in enumerate(latents)]
    played = reference.trajectories(scenes, num_steps=task.num_steps)
    return [
        Lesson(scene, trajectory.frames)
        for scene, trajectory in zip(scenes, played, strict=True)
        if int(trajectory.result) == RESULTS.successful
    ]


def _scene(task: Task, latent: Latent, index: int) -> Any:
    condition = jax.tree.map(lambda x: x[index], task.conditions)
    return task.build(task.space.decode(latent), condition)


def _conclude(
    run: RunDirectory,
    problem: Problem,
    rows: list[dict[str, Any]],
    best: Mapping[str, Any],
    learner: AbstractLearner[Any],
) -> list[dict[str, Any]]:
    """What the refinement leaves behind, and its rows without their latents."""
    design = problem.task.space.decode(jnp.asarray(best["latents"][-1]))
    write_design_files(run, problem.task, design)
    learner.save(problem.simulator, run / "model.safetensors")
    told = [{key: value for key, value in row.items() if key != "latents"} for row in rows]
    content = {"rounds": known_numbers(told), "best_round": best["round"]}
    files = ("config.json", "design.json", "model.safetensors")
    write_sealed(run / "refinement.json", content, files=files)
    return told
