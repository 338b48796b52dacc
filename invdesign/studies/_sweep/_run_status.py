"""`status.json` of a run: how far it is, what it came to, and where it ran."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ...io._atomic import dump_json, make_folder, write_text
from ...io._reading import read_bytes
from ...io._run_directory import STATUS
from ...io._schema import Count, Line, NonNegative, Share, read_record

State = Literal["waiting", "running", "interrupted", "finished", "failed"]
STATES: tuple[State, ...] = ("finished", "running", "waiting", "interrupted", "failed")
_Text = Annotated[str, Meta(max_length=100_000)]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What results of a run are the same on: the processor and the number of its threads."""

    processor: Line
    threads: Annotated[int, Meta(ge=1)]


class RunStatus(msgspec.Struct, forbid_unknown_fields=True):
    """Where a run of a sweep stands.

    **Arguments:**

    - `state`: `interrupted` is a run whose worker or head ended before it did.
    - `attempts`: how often it was begun.
    - `deaths`: workers that it has cost in a row without progress; `furthest`: iterations made by
      the last of these deaths.
    - `iterations`, `share`: iterations made so far, and the share of the search that these are.
    - `phase`: what it is at.
    - `seconds`: spent on it in all attempts.
    - `began`, `updated`: seconds since 1970.
    - `places`: where it ran; one, unless it was resumed elsewhere.
    - `reason`, `detail`: why it ended as it did, in one sentence, and what was said besides.
    - `result`: the numbers that a finished run came to.
    """

    state: State = "waiting"
    attempts: Count = 0
    deaths: Count = 0
    furthest: Count = 0
    iterations: Count = 0
    share: Share = 0.0
    phase: str = ""
    seconds: NonNegative = 0.0
    began: NonNegative = 0.0
    updated: NonNegative = 0.0
    places: list[Place] = []
    reason: _Text = ""
    detail: _Text = ""
    result: dict[str, Any] = {}


def write_status(folder: Path, status: RunStatus) -> None:
    """Write what is known of a run into its directory, atomically."""
    make_folder(folder)
    write_text(folder / STATUS, dump_json(msgspec.to_builtins(status)) + "\n")


def read_status(folder: Path) -> RunStatus:
    """What is known of a run; of one that was never begun, that it waits.

    **Raises:** `ValueError` naming the file if it is damaged.
    """
    path = folder / STATUS
    if not os.path.lexists(path):
        return RunStatus()
    try:
        return msgspec.json.decode(read_bytes(path), type=RunStatus)
    except msgspec.DecodeError:
        return read_record(path, RunStatus)  # slower, and says what is wrong
