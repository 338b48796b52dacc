"""Scores of champions along a run: each is judged once, and kept beside the run."""

import dataclasses
import math
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import jax.numpy as jnp
import msgspec

from ..._task import Task
from ..._verify import judge
from ...io._run_directory import read_run_directory
from ...io._sealed import fingerprint, write_sealed
from ...reference import AbstractReference, Simulated
from .._champions import read_all_champions
from .._config import RunConfig
from .._identity import task_digest
from .._registry import is_file
from .._resolve import resolve
from .._sweep import status
from ._contest import JUDGED, Contest, JudgedChampion, read_judged
from ._entries import read_contests
from ._rows import common_budget

# Shares of the budget at which champions are judged: most happens early.
MARKS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
Watch = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Judges:
    """Who scores the champions of a run: what it searched through, and the reference solver."""

    task: Task
    own: AbstractReference
    trusted: AbstractReference | None


def judges_of(config: RunConfig) -> Judges:
    """The judges of a run, from its configuration.

    **Raises:** `ValueError` as `resolve` does.
    """
    found = resolve(config)
    return Judges(found.task, Simulated(found.simulator), found.reference)


def judge_champions(
    out: str | Path,
    *,
    trusted: Collection[str] = (),
    judges: Callable[[RunConfig], Judges] = judges_of,
    watch: Watch = lambda run: None,
) -> None:
    """Score the champions of finished runs on unseen conditions, at some shares of the budget
    that all runs of their task had.

    What was scored before is not scored again, and a call that was killed is called again.

    **Arguments:**

    - `out`: the sweep's folder.
    - `trusted`: sources of tasks that may be run although they are files.
    - `watch`: told the name of the run that is at hand.

    **Raises:** `ValueError` naming a task whose code may not be run or has changed since, or a file
    that is damaged.
    """
    found = status(out)
    kinds: dict[str, Judges] = {}
    for source, contests in read_contests(found).items():
        budget = common_budget(contests)
        for contest in contests:
            wanted = wanted_iterations(contest, budget)
            if not wanted:
                continue
            _check_trusted(source, trusted)
            watch(contest.name)
            config = found.configs[contest.name]
            key = fingerprint({**config, "seed": 0})
            if key not in kinds:
                kinds = {key: judges(msgspec.convert(config, RunConfig))}
            _judge(found.out / contest.name, contest, wanted, kinds[key])


def wanted_iterations(contest: Contest, budget: float) -> list[int]:
    """Iterations whose champions are to be scored, and have not been: those that found them."""
    ends = [contest.at(share * budget) for share in MARKS]
    found = dict.fromkeys(contest.last_gain(end) for end in ends if end is not None)
    return [iteration for iteration in found if iteration not in contest.judged]


def _check_trusted(source: str, trusted: Collection[str]) -> None:
    if is_file(source) and source not in trusted:
        raise ValueError(
            f"The task `{source}` is a file, and code is not run because a folder names it; if you "
            f"trust that file, add `--task {source}`."
        )


def _judge(folder: Path, contest: Contest, wanted: Sequence[int], judges: Judges) -> None:
    """Score some champions of a run, and write them down one by one."""
    if contest.code != task_digest(judges.task):
        raise ValueError(f"The task of `{folder}` has changed since it was made; sweep it again.")
    champions = read_all_champions(read_run_directory(folder))
    known = dict(read_judged(folder))
    for iteration in wanted:
        latent = jnp.asarray(champions[iteration])
        own = judge(latent, judges.task, judges.own).score
        trusted = judges.trusted
        alike = trusted is not None and trusted.wraps(judges.own.simulator)
        if trusted is None or alike:
            reference = own if alike else None
        else:
            reference = judge(latent, judges.task, trusted).score
        known[iteration] = JudgedChampion(_finite(own), _finite(reference))
        content = {"scores": {str(i): msgspec.to_builtins(each) for i, each in known.items()}}
        write_sealed(folder / JUDGED, content, files=("champions.npz",))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
