"""What a training run keeps beside its state: whose it is, and how it went."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..io._atomic import make_folder
from ..io._reading import read_json
from ..io._schema import as_record, check_format
from ..io._sealed import read_sealed, write_sealed
from ._config import TrainingConfig
from ._shards import told_difference

_FORMAT = 2
_CONFIG = "config.json"
_LONGEST = 64  # characters of a number


class _Claim(msgspec.Struct, forbid_unknown_fields=True):
    """`config.json` of a training; that of 0.1 has neither a format nor a checksum."""

    config: dict[str, Any]
    data: dict[str, Any]
    start_sha256: str | None = None
    further: list[dict[str, Any]] = []
    format: int | None = None


def claim_training(out: Path, config: TrainingConfig, wanted: dict[str, Any]) -> None:
    """Make `out` the folder of a training, or see that it is this one's, perhaps with fewer stages.

    **Raises:** `ValueError` if it holds anything else, is damaged, or cannot be made.
    """
    path = out / _CONFIG
    if not os.path.lexists(path):
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ValueError(f"`{out}` is not empty and holds no training run.")
        make_folder(out)
    elif not _goes_on(_read(path), config, wanted):
        raise ValueError(f"`{out}` holds a run of another configuration or data.")
    write_sealed(path, {"format": _FORMAT, "config": config.as_dict(), **wanted})


def _read(path: Path) -> _Claim:
    content = read_json(path)
    if isinstance(content, dict) and "format" in content:
        check_format(path, content, _FORMAT)
        content = read_sealed(path)
    return as_record(content, _Claim, path=path)


def _goes_on(found: _Claim, config: TrainingConfig, wanted: dict[str, Any]) -> bool:
    """Whether a run is the wanted one, perhaps but for further stages at its end."""
    further = wanted.get("further", [])
    alike = (
        config.goes_on_from(found.config)
        and told_difference(found.data, wanted["data"]) is None
        and len(found.further) == len(further)
        and not any(map(told_difference, found.further, further))
    )
    # What 0.1 took for the start's checksum, no later version computes.
    known = found.format is not None
    return alike and (not known or found.start_sha256 == wanted.get("start_sha256"))


def read_metrics(path: Path, text: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a table of metrics; cells without a number are `None`.

    **Arguments:** `path`: where the text is from; `columns`: that it has to have.

    **Raises:** `ValueError` naming the file if it is malformed.
    """
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        names = next(lines, [])
        rows = [_numbers(line) for line in lines]
    except (csv.Error, ValueError) as error:
        raise ValueError(f"`{path}` holds no table of metrics ({error}).") from error
    if names != list(columns) or any(len(row) != len(names) for row in rows):
        raise ValueError(f"`{path}` holds no table of the metrics {', '.join(columns)}.")
    table = [dict(zip(names, row, strict=True)) for row in rows]
    _check_steps(path, [row["step"] for row in table])
    return table


def _numbers(line: Sequence[str]) -> list[float | None]:
    if any(len(cell) > _LONGEST for cell in line):
        raise ValueError("a number is too long")
    return [float(cell) if cell else None for cell in line]


def _check_steps(path: Path, steps: Sequence[float | None]) -> None:
    before = 0.0
    for step in steps:
        if step is None or not before < step < float("inf") or step != int(step):
            raise ValueError(f"`{path}` is damaged: its steps are not 1, 2, 3, ... in order.")
        before = step
