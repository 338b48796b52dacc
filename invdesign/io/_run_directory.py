"""A folder that holds one run and nothing else, and that the same run can go on from."""

import contextlib
import dataclasses
import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from .._version import __version__
from ._atomic import TEMPORARY_SUFFIX
from ._changes import changes, told
from ._reading import read_json
from ._schema import Line, Sha256, as_record
from ._sealed import fingerprint, read_sealed, write_sealed

RUN_FORMAT = 2
_CONFIG = "config.json"
# Of a sweep, on the run that it keeps here; it may be there before the run, and after it.
STATUS = "status.json"
STUDY = "study.json"  # of a sweep, in the folder of its runs
# What a finished run wrote last: it holds checksums of the files before.
_LAST = ("verification.json", "result.json", "refinement.json")
_UNSEALED = (
    "`{}` is of invdesign {}, which wrote no checksums: damage to its files may go unnoticed"
)


@dataclasses.dataclass(frozen=True)
class RunDirectory:
    """An opened run directory.

    **Arguments:**

    - `path`: the folder.
    - `configuration`: what determines the run, as `config.json` holds it.
    - `version`: the version of invdesign that made it.
    - `resumed`: whether it was there before.
    - `notes`: sentences on what a person should know of it, often none.
    """

    path: Path
    configuration: Mapping[str, Any]
    version: str
    resumed: bool
    notes: tuple[str, ...] = ()

    def __truediv__(self, name: str) -> Path:
        """The path of a file of the run."""
        return self.path / name

    def check_present(self) -> None:
        """Refuse to go on with a run whose folder has been removed.

        **Raises:** `ValueError` naming the folder.
        """
        if not (self.path / _CONFIG).is_file():
            raise ValueError(f"`{self.path}` was removed while its run was going on.")


class _Config(msgspec.Struct, forbid_unknown_fields=True):
    """`config.json`; that of format 1 has no checksum."""

    format_version: int
    version: Line
    fingerprint: Sha256
    configuration: dict[str, Any]


def read_run_directory(path: str | Path) -> RunDirectory:
    """Open a finished or interrupted run to look at it.

    Files of a finished run are compared with the checksums that its last file holds. Runs of 0.1
    have none, which a note says.

    **Raises:** `ValueError` with the folder or file and the reason if it is missing, is not a run
    directory, is damaged, or has a later format.
    """
    path = Path(path)
    if not path.is_dir():
        raise ValueError(f"There is no run directory `{path}`; name one that `invdesign run` made.")
    if not (path / _CONFIG).is_file():
        raise ValueError(f"`{path}` is not a run directory: it holds no {_CONFIG}.")
    raw = read_json(path / _CONFIG)
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise ValueError(f"`{path}` is not a run directory: its {_CONFIG} is somebody else's.")
    if not 1 <= version <= RUN_FORMAT:
        raise ValueError(
            f"`{path}` has the run format {str(version)[:20]}, this version of invdesign reads up "
            f"to {RUN_FORMAT}; use the version that wrote it."
        )
    sealed = version > 1
    content = read_sealed(path / _CONFIG) if sealed else raw
    config = as_record(content, _Config, path=path / _CONFIG)
    if fingerprint(config.configuration) != config.fingerprint:
        raise ValueError(f"`{path / _CONFIG}` was altered: its fingerprint does not fit any more.")
    for name in _LAST:
        if os.path.lexists(path / name):
            read_sealed(path / name, required=sealed)
    notes = () if sealed else (_UNSEALED.format(path, config.version),)
    return RunDirectory(path, config.configuration, config.version, resumed=True, notes=notes)


def _resume(path: Path, configuration: Mapping[str, Any]) -> RunDirectory:
    run = read_run_directory(path)
    if run.version != __version__:
        raise ValueError(
            f"`{path}` was made by invdesign {run.version}, this is {__version__}, which could "
            "not continue it exactly; choose another `--out`, or `--restart` to begin anew."
        )
    if fingerprint(run.configuration) != fingerprint(configuration):
        raise ValueError(
            f"`{path}` holds a run of another configuration "
            f"({told(changes(run.configuration, configuration))}); choose another `--out`, or "
            "`--restart` to begin anew."
        )
    return run


def set_aside(path: str | Path) -> Path | None:
    """Move a run directory to `PATH~1`, or the next number that is free, and say where it went.

    Nothing is deleted. A folder that is no run directory, or none at all, is left alone; one that
    holds the status of a run which never came to be is moved, too, and so is a sweep's.

    **Raises:** `ValueError` if it cannot be moved.
    """
    path = Path(path)
    if not any((path / name).is_file() for name in (_CONFIG, STATUS, STUDY)):
        return None
    full = path.resolve()
    numbers = itertools.count(1)
    free = next(p for n in numbers if not os.path.lexists(p := full.with_name(f"{full.name}~{n}")))
    try:
        full.rename(free)
    except OSError as error:
        raise ValueError(
            f"`{path}` cannot be moved to `{free}` ({error.strerror}); choose another `--out`."
        ) from error
    return free


def _leftovers(path: Path) -> list[Path]:
    """What a process that was killed in mid-write has left; not of a status, which is another's."""
    found = path.glob(f".*{TEMPORARY_SUFFIX}")
    return [each for each in found if not _of_status(each.name)]


def _of_status(name: str) -> bool:
    return name == STATUS or name.startswith(f".{STATUS}.")


def open_run_directory(path: str | Path, configuration: Mapping[str, Any]) -> RunDirectory:
    """Make a run directory, or open one of the same configuration and version to resume it.

    Nothing in a folder that holds anything else is touched.

    **Arguments:**

    - `path`: the folder; it and its parents are made where they do not exist.
    - `configuration`: a JSON-able mapping of everything that determines the run's result.

    **Raises:** `ValueError` if the folder holds something else, a run of another configuration
    or version, or cannot be written.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise ValueError(f"`{path}` is a file; choose a folder for the run with `--out`.")
    try:
        path.mkdir(parents=True, exist_ok=True)
        names = {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise ValueError(
            f"`{path}` cannot hold a run ({error.strerror}); choose another `--out`."
        ) from error
    # A process killed in mid-write leaves temporary files, which are ours to remove.
    stray = {leftover.name for leftover in _leftovers(path)}
    if _CONFIG not in names and any(not _of_status(name) for name in names - stray):
        raise ValueError(
            f"`{path}` is not empty and is not a run directory; choose another `--out`."
        )
    run = _resume(path, configuration) if _CONFIG in names else None
    for leftover in _leftovers(path):
        with contextlib.suppress(OSError):
            leftover.unlink()
    if run is None:
        run = RunDirectory(path, dict(configuration), __version__, resumed=False)
    # Written again when resuming: the same bytes, and the proof that the folder is writable.
    write_sealed(
        path / _CONFIG,
        {
            "format_version": RUN_FORMAT,
            "version": __version__,
            "fingerprint": fingerprint(run.configuration),
            "configuration": run.configuration,
        },
    )
    return run
