"""Data sets in sharded files: how all of them are begun, completed and read."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from .._version import __version__
from ..io import (
    ArraySchema,
    Line,
    as_record,
    check_arrays,
    make_folder,
    read_json,
    read_npz,
    read_sealed,
    write_sealed,
)

_METADATA = "metadata.json"
_MEASURED = ("statistics", "complete")  # what metadata say when all shards are there
_UNSEALED = "0.1.0"  # the version whose data sets have no checksums
_LARGEST = 2**29  # bytes of a shard's arrays
_MOST = 10_000_000


class Metadata(msgspec.Struct):
    """What the metadata of every data set say; each kind of data adds to it."""

    format: int
    name: Line
    shard_size: Annotated[int, Meta(ge=1, le=_MOST)]
    version: Line


def shard_path(folder: Path, index: int) -> Path:
    """Where a shard lies."""
    return folder / f"shard-{index:05d}.npz"


def has_metadata(folder: str | Path) -> bool:
    """Whether a folder holds a data set, or the beginning of one."""
    return os.path.lexists(Path(folder) / _METADATA)


def read_metadata(folder: str | Path, *, partial: bool = False) -> dict[str, Any]:
    """The metadata of a data set; the shards of a complete one are compared with its checksums.

    **Arguments:** `partial`: whether shards may be missing.

    **Raises:** `ValueError` naming the file that is missing, malformed or altered.
    """
    path = Path(folder) / _METADATA
    version = as_record(read_json(path), Metadata, path=path).version
    return read_sealed(path, required=version != _UNSEALED, partial=partial)


def data_notes(folder: str | Path) -> list[str]:
    """What a person should know of a data set, often nothing."""
    path = Path(folder) / _METADATA
    if not path.is_file() or as_record(read_json(path), Metadata, path=path).version != _UNSEALED:
        return []
    return [
        f"`{folder}` is of invdesign {_UNSEALED}, which wrote no checksums: damage to its files "
        "may go unnoticed"
    ]


def is_complete(described: Mapping[str, Any]) -> bool:
    """Whether metadata are those of a data set whose shards are all there."""
    return any(key in described for key in _MEASURED)


def claim(out: Path, described: Mapping[str, Any]) -> bool:
    """Make `out` a data set with these settings, or see that it is one.

    **Returns:** whether it is complete.

    **Raises:** `ValueError` if it holds anything else, cannot be made, or was begun by another
    version, which would have gone on differently.
    """
    path = out / _METADATA
    if not os.path.lexists(path):
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ValueError(f"`{out}` is not empty and holds no data set; choose another folder.")
        make_folder(out)
        write_sealed(path, described)
        return False
    found, wanted = read_metadata(out, partial=True), read_back(described)
    number = described.get("num_trajectories", described.get("num_cases", 0))
    shards = range(len(sizes(number, described["shard_size"])))
    whole = is_complete(found) and all(os.path.lexists(shard_path(out, i)) for i in shards)
    settings = {key: value for key, value in found.items() if key not in _MEASURED}
    difference = told_difference(settings, wanted)
    if difference is not None:
        raise ValueError(f"`{out}` holds data of other settings ({difference}); choose another.")
    if not whole and found["version"] != __version__:
        raise ValueError(
            f"`{out}` is not complete and of invdesign {found['version']}; this is {__version__}, "
            "which would not go on with it exactly; choose another folder."
        )
    return whole


def complete(out: Path, described: Mapping[str, Any], num_shards: int) -> None:
    """Write the metadata of a data set whose shards are all there, with their checksums."""
    files = [shard_path(out, index).name for index in range(num_shards)]
    write_sealed(out / _METADATA, described, files=files)


def told_difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """The first setting in which two data sets differ, down to the number; `None` if none does.

    Another version counts as none. It may know of more settings, or of fewer: these do not count.
    """
    same = found.get("version") == wanted.get("version")
    return _difference(found, wanted, alike=same)


def _difference(found: Mapping[str, Any], wanted: Mapping[str, Any], *, alike: bool) -> str | None:
    if alike and found.keys() != wanted.keys():
        return f"`{min(found.keys() ^ wanted.keys())}` is in one of them only"
    for key in wanted:
        was, now = found.get(key), wanted[key]
        if key not in found or key == "version" or was == now:
            continue
        if isinstance(was, dict) and isinstance(now, dict):
            deeper = _difference(was, now, alike=alike)
            if deeper is None:
                continue
            return f"{key}: {deeper}"
        return f"{key} {was}, wanted {now}"
    return None


def read_back(value: Any) -> Any:
    """`value` as it looks after a round trip through JSON (tuples become lists)."""
    if isinstance(value, dict):
        return {key: read_back(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [read_back(item) for item in value]
    return value


def read_shard(
    folder: Path, index: int, schemas: Mapping[str, ArraySchema]
) -> dict[str, np.ndarray]:
    """The arrays of a shard.

    **Raises:** `ValueError` naming the file if it is missing, damaged, or an array is not what the
    schema asks for.
    """
    path = shard_path(folder, index)
    return check_arrays(path, read_npz(path, limit=_LARGEST), schemas)


def sizes(number: int, size: int) -> list[int]:
    """How many simulations each of the shards of `number` holds, `size` at most."""
    return [min(size, number - first) for first in range(0, number, size)]


def check_size(path: Path, found: int, expected: int) -> None:
    """Refuse a shard that holds another number of simulations than its metadata say."""
    if found != expected:
        raise ValueError(f"`{path}` holds {found} simulations instead of {expected}.")


def joined(folder: Path, shards: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays of all shards, which have to agree in all axes but the first.

    **Raises:** `ValueError` naming the data set if they do not.
    """
    for key, first in shards[0].items():
        if any(shard[key].shape[1:] != first.shape[1:] for shard in shards):
            raise ValueError(f"The shards of `{folder}` hold `{key}` of different shapes.")
    return {key: np.concatenate([shard[key] for shard in shards]) for key in shards[0]}
