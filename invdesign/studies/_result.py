"""`verification.json`: what a run came to, and the checksums of all that it left before."""

import os
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ..families import families
from ..io._run_directory import RunDirectory
from ..io._schema import Count, Line, NonNegative, as_record
from ..io._sealed import read_sealed, write_sealed
from ._config import MOST_RESOLUTION

_FILE = "verification.json"
# Its pictures and the tool's files are for others to read, and may be made again.
_BELONG = (
    "config.json",
    "solve.npz",
    "history.csv",
    "champions.npz",
    "design.json",
)
_Scores = list[float | None] | None
_Missed = dict[str, float | None]
_Resolution = Annotated[int, Meta(ge=1, le=MOST_RESOLUTION)]


class ResultFile(msgspec.Struct):
    """What `verification.json` holds of every run; a task's metrics stand beside these."""

    task: str | None
    optimizer: str | None
    seed: Any
    simulator: str | None
    score_initial: float | None
    score: float | None
    reference_score_mean: float | None
    reference_score_std: Annotated[float, Meta(ge=0)] | None
    gap: float | None
    reference_scores: _Scores
    scores: _Scores
    num_failed: Count
    violations: _Missed
    reference_violations: _Missed | None
    value: float | None
    iterations: Count
    simulator_steps: Count
    gradient_steps: Count
    charged_steps: NonNegative
    seconds: NonNegative
    seconds_by_phase: dict[str, NonNegative]
    reason: str
    notes: list[str]
    compiling_by_phase: dict[str, NonNegative] = {}  # runs of 0.3 do not say
    resolution: _Resolution = 1
    errors: NonNegative = 0.0


class RunSettings(msgspec.Struct):
    """What `config.json` has to say of a run, so that its design can be scored again."""

    simulator: Literal["learned", "reference"]
    model: Line | None
    weights_sha256: Line | None
    resolution: _Resolution = 1
    errors: NonNegative = 0.0


def read_settings(run: RunDirectory) -> RunSettings:
    """What a run was made with.

    **Raises:** `ValueError` naming the file and the setting that is missing or malformed.
    """
    path = run / "config.json"
    return as_record(run.configuration, RunSettings, path=path, at="$.configuration")


def write_result(run: RunDirectory, result: dict[str, Any]) -> None:
    """Write what a run came to: the last of the files that belong together."""
    shown = dict.fromkeys(name for family in families().values() for name in family.showing.files)
    write_sealed(run / _FILE, result, files=(*_BELONG, *shown))


def is_finished(run: RunDirectory) -> bool:
    """Whether a run has written what it came to."""
    return os.path.lexists(run / _FILE)


def read_result(run: RunDirectory) -> dict[str, Any]:
    """What a finished run came to.

    **Raises:** `ValueError` naming the file that is missing, malformed or altered.
    """
    content = read_sealed(run / _FILE, required=not run.notes)
    as_record(content, ResultFile, path=run / _FILE)
    return content
