"""A folder that holds one run and nothing else, and that the same run can go on from."""

import contextlib
import dataclasses
import hashlib
import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._version import __version__
from ._atomic import TEMPORARY_SUFFIX, dump_json, write_json
from ._changes import changes, told
from ._reading import read_json

RUN_FORMAT = 1
_CONFIG = "config.json"


@dataclasses.dataclass(frozen=True)
class RunDirectory:
    """An opened run directory.

    **Arguments:**

    - `path`: the folder.
    - `configuration`: what determines the run, as `config.json` holds it.
    - `version`: the version of invdesign that made it.
    - `resumed`: whether it was there before.
    """

    path: Path
    configuration: Mapping[str, Any]
    version: str
    resumed: bool

    def __truediv__(self, name: str) -> Path:
        """The path of a file of the run."""
        return self.path / name


def fingerprint(configuration: Mapping[str, Any]) -> str:
    """A checksum of a configuration that does not depend on the order of its keys."""

    def canonical(value):
        if isinstance(value, Mapping):
            return {str(key): canonical(value[key]) for key in sorted(value, key=str)}
        if isinstance(value, list | tuple):
            return [canonical(item) for item in value]
        return value

    return hashlib.sha256(dump_json(canonical(configuration)).encode()).hexdigest()


def read_run_directory(path: str | Path) -> RunDirectory:
    """Open a finished or interrupted run to look at it.

    **Raises:** `ValueError` with the folder and the reason if it is missing, is not a run
    directory, is damaged, or has another format.
    """
    path = Path(path)
    if not path.is_dir():
        raise ValueError(f"There is no run directory `{path}`; name one that `invdesign run` made.")
    if not (path / _CONFIG).is_file():
        raise ValueError(f"`{path}` is not a run directory: it holds no {_CONFIG}.")
    config = read_json(path / _CONFIG)
    wanted = {"format_version", "version", "fingerprint", "configuration"}
    if not isinstance(config, dict) or not wanted <= config.keys():
        raise ValueError(f"`{path}` is not a run directory: its {_CONFIG} is somebody else's.")
    if config["format_version"] != RUN_FORMAT:
        raise ValueError(
            f"`{path}` has the run format {config['format_version']}, this version of invdesign "
            f"reads {RUN_FORMAT}; use the version that wrote it ({config['version']})."
        )
    configuration = config["configuration"]
    if fingerprint(configuration) != config["fingerprint"]:
        raise ValueError(f"`{path / _CONFIG}` was altered: its fingerprint does not fit any more.")
    return RunDirectory(path, configuration, config["version"], resumed=True)


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

    Nothing is deleted. A folder that is no run directory, or none at all, is left alone.

    **Raises:** `ValueError` if it cannot be moved.
    """
    path = Path(path)
    if not (path / _CONFIG).is_file():
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
    return list(path.glob(f".*{TEMPORARY_SUFFIX}"))


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
    if _CONFIG not in names and names - stray:
        raise ValueError(
            f"`{path}` is not empty and is not a run directory; choose another `--out`."
        )
    run = _resume(path, configuration) if _CONFIG in names else None
    for leftover in _leftovers(path):
        with contextlib.suppress(OSError):
            leftover.unlink()
    if run is None:
        run = RunDirectory(path, dict(configuration), __version__, resumed=False)
    # Written again when resuming: the same content, and the proof that the folder is writable.
    write_json(
        path / _CONFIG,
        {
            "format_version": RUN_FORMAT,
            "version": __version__,
            "fingerprint": fingerprint(configuration),
            "configuration": configuration,
        },
    )
    return run
