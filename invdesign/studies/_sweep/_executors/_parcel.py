"""The files of a run on their way between the head and a machine without its disk."""

import contextlib
import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ....io._atomic import make_folder, write_bytes
from ....io._run_directory import STATUS, set_aside

_TRIES = 5
_BUSY = "`{}` is written to all the time."
Stamps = dict[str, tuple[int, int, int]]


@dataclasses.dataclass(frozen=True)
class Parcel:
    """What has become of a run's folder since the last one.

    **Arguments:** `files`: new contents by name, in the order in which they were written; `gone`:
    names of files that are there no more; `aside`: whether the folder before was moved aside.
    """

    files: Mapping[str, bytes]
    gone: tuple[str, ...] = ()
    aside: bool = False


def _stamps(folder: Path) -> Stamps:
    """When each file was written, its size and its inode; not of what is half written."""
    found = {}
    for path in folder.rglob("*"):
        if not path.name.startswith(".") and path.name != STATUS:
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                if path.is_file():
                    name = path.relative_to(folder).as_posix()
                    found[name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def packed(folder: Path, known: Stamps) -> tuple[Parcel, Stamps]:
    """What was written in a folder since, all as it stood at one moment.

    A run is killed at any moment and goes on from what it has left; but only from what has been
    there at *one* moment.

    **Raises:** `BlockingIOError` if it is written to all the time.
    """
    for _ in range(_TRIES):
        stamps = _stamps(folder)
        fresh = sorted((n for n in stamps if stamps[n] != known.get(n)), key=stamps.__getitem__)
        try:
            files = {name: (folder / name).read_bytes() for name in fresh}
        except FileNotFoundError:
            continue
        if _stamps(folder) == stamps:
            return Parcel(files, tuple(name for name in known if name not in stamps)), stamps
    raise BlockingIOError(_BUSY.format(folder))


def unpack(folder: Path, parcel: Parcel) -> None:
    """Write what is in a parcel into a run's folder, in the order in which it was written.

    **Raises:** `ValueError` if a file cannot be written, or has a name that leads elsewhere.
    """
    if parcel.aside:
        set_aside(folder)
    for name, data in parcel.files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"A worker sent a file `{name}`, which is not one of its run.")
        make_folder((folder / path).parent)
        write_bytes(folder / path, data)
    for name in parcel.gone:
        with contextlib.suppress(OSError):
            os.unlink(folder / name)
