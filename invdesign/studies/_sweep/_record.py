"""`study.json`: the runs of a sweep's folder, and what another study would change in them."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..._version import __version__
from ...io._atomic import dump_json
from ...io._changes import changes, told
from ...io._run_directory import STUDY, set_aside
from ...io._schema import Line, as_record
from ...io._sealed import read_sealed, write_sealed
from .._config import RunConfig
from ._names import apart

_FORMAT = 1
_NAMED = 4
Config = Mapping[str, Any]


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """`study.json`.

    **Arguments:** `runs`: configurations by directory; `left`: of runs that a later study does not
    have any more.
    """

    format: int
    version: Line
    runs: dict[Line, dict[str, Any]]
    left: dict[Line, dict[str, Any]] = {}


def plain(config: RunConfig) -> dict[str, Any]:
    """A configuration as JSON holds it, what is default left out."""
    fields = {field.name: field for field in dataclasses.fields(RunConfig)}
    values = {name: getattr(config, name) for name in fields}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value != fields[name].default and not (name == "options" and not value)
    }


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a study makes of a folder.

    **Arguments:**

    - `runs`: configurations by directory.
    - `added`: names of those that are new.
    - `changed`: by name, what is different from the run that the directory holds.
    - `left`: runs that are there and not in the study any more.
    """

    runs: Mapping[str, Config]
    added: tuple[str, ...] = ()
    changed: Mapping[str, list[str]] = dataclasses.field(default_factory=dict)
    left: Mapping[str, Config] = dataclasses.field(default_factory=dict)


def read_runs(out: Path) -> _Record | None:
    """The runs of a sweep's folder; `None` if it is empty, or not there.

    **Raises:** `ValueError` naming the file that is damaged, or if the folder is something else.
    """
    path = out / STUDY
    if not os.path.lexists(path):
        if out.is_dir() and any(not entry.name.startswith("head.") for entry in out.iterdir()):
            raise ValueError(
                f"`{out}` is not empty and holds no {STUDY} of a sweep; choose another folder."
            )
        return None
    record = as_record(read_sealed(path), _Record, path=path)
    if record.format > _FORMAT:
        raise ValueError(f"`{path}` is of invdesign {record.version}, a later one than this.")
    return record


def is_sweep(folder: str) -> bool:
    """Whether a folder is there that a sweep has made."""
    try:
        return (Path(folder) / STUDY).is_file()
    except (OSError, ValueError):  # no name that a folder can have
        return False


def write_runs(out: Path, plan: Plan) -> None:
    """Write `study.json`."""
    content = {"format": _FORMAT, "version": __version__, "runs": plan.runs, "left": plan.left}
    write_sealed(out / STUDY, content)


def planned(runs: Mapping[str, RunConfig], record: _Record | None) -> Plan:
    """What a study makes of the runs that are there.

    A run that is there keeps its directory, also where the study would now name it otherwise, as
    it does once a further field is varied.
    """
    wanted = {name: plain(config) for name, config in runs.items()}
    if record is None:
        return Plan(wanted, added=tuple(wanted))
    there = {**record.left, **record.runs}
    kept = {dump_json(config): name for name, config in there.items()}
    placed = {name: kept.get(dump_json(config)) for name, config in wanted.items()}
    taken = set(placed.values())
    final, added, changed = {}, [], {}
    for name, config in wanted.items():
        own = placed[name]
        if own is None:
            own = apart(name, config) if name in taken else name
            if own in there:
                changed[own] = changes(there[own], config)
            else:
                added.append(own)
        final[own] = config
    left = {name: config for name, config in there.items() if name not in final}
    return Plan(final, tuple(added), changed, left)


def make_room(out: Path, plan: Plan, *, aside: bool) -> list[str]:
    """Move runs whose configuration has changed out of the way, if that is wanted.

    **Returns:** sentences on where they went.

    **Raises:** `ValueError` naming the runs and what has changed, if it is not wanted.
    """
    if plan.changed and not aside:
        each = [f"`{name}` ({told(what)})" for name, what in plan.changed.items()]
        more = f" and {len(each) - _NAMED} more" if len(each) > _NAMED else ""
        raise ValueError(
            f"`{out}` holds runs that the study would make otherwise: {', '.join(each[:_NAMED])}"
            f"{more}; choose another `--out`, or `--aside` to move them to NAME~1 and begin anew."
        )
    moved = {name: set_aside(out / name) for name in plan.changed}
    return [f"`{name}` is in `{place}` now" for name, place in moved.items() if place is not None]
