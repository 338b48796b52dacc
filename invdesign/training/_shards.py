"""Data sets in sharded files: how all of them are begun, completed and read."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from .._version import __version__
from ..io._arrays import ArraySchema, check_arrays
from ..io._atomic import make_folder
from ..io._npz import read_npz, write_npz, write_plain_npz
from ..io._reading import read_json
from ..io._schema import Line, as_record, check_format
from ..io._sealed import read_sealed, write_sealed

_METADATA = "metadata.json"
_MEASURED = ("statistics", "complete")  # what metadata say when all shards are there
_UNSEALED = "0.1.0"  # the version whose data sets have no checksums
LARGEST = 2**29  # bytes of a shard's arrays
OFFSETS = "_offsets"  # what a ragged array's name ends in where its rows' places are
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


def is_imported(folder: str | Path) -> bool:
    """Whether a folder holds a data set that was made of somebody else's."""
    return has_metadata(folder) and "imported" in read_metadata(folder, partial=True)


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
    shards = range(len(sizes(number_of(described), described["shard_size"])))
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


def number_of(described: Mapping[str, Any]) -> int:
    """How many simulations a data set holds; data of sections call them cases."""
    return described.get("num_trajectories", described.get("num_cases", 0))


def generate_shards(
    out: str | Path,
    described: Mapping[str, Any],
    simulate: Callable[[int, int, Callable[[int], None]], Mapping[str, np.ndarray]],
    *,
    measure: Callable[[Path], Mapping[str, Any]],
    progress: Callable[[int, int], None] = lambda done, total: None,
    mapped: bool = False,
) -> Path:
    """Simulate into `out`, shard by shard; goes on where it stopped.

    **Arguments:**

    - `described`: metadata of the data set, `shard_size` and the number of simulations included.
    - `simulate`: the arrays of the simulations from a first to before a last one, which calls what
      it is given with how many of them are done; they depend on nothing else.
    - `measure`: what the metadata say besides when all shards are there.
    - `progress`: called with how many simulations are done, and how many there are to be.
    - `mapped`: whether `Items` is to read them without loading them: larger files, not compressed.

    **Raises:** `ValueError` if there are no simulations to make, or as `claim`.
    """
    described, number, out = {**described, "version": __version__}, number_of(described), Path(out)
    if number < 1:
        raise ValueError(f"A data set needs at least one simulation, got {number}.")
    if claim(out, described):
        return out
    counts = sizes(number, described["shard_size"])
    for index, count in enumerate(counts):
        first, path = index * described["shard_size"], shard_path(out, index)
        if not os.path.lexists(path):
            arrays = simulate(
                first, first + count, lambda done, first=first: progress(first + done, number)
            )
            (write_plain_npz if mapped else write_npz)(path, **arrays)
        progress(first + count, number)
    complete(out, {**described, **measure(out)}, len(counts))
    return out


def write_rows(
    out: str | Path,
    rows: Sequence[Mapping[str, np.ndarray]],
    described: Mapping[str, Any],
    *,
    measure: Callable[[Path], Mapping[str, Any]],
    beside: Mapping[str, np.ndarray] | None = None,
    ragged: Collection[str] | None = None,
) -> Path:
    """Simulations that are there already as a data set, its metadata last.

    **Arguments:** `rows`: the arrays of each; `described`, `measure`: as for `generate_shards`;
    `beside`: arrays that every shard holds besides; `ragged`: names of those whose rows differ in
    length: shards are then not compressed, and `Items` need not read them whole.
    """
    described = {**described, "version": __version__}
    out, size = Path(out), described["shard_size"]
    make_folder(out)
    firsts = range(0, len(rows), size)
    for index, first in enumerate(firsts):
        part = rows[first : first + size]
        write = write_npz if ragged is None else write_plain_npz
        write(shard_path(out, index), **stacked(part, ragged or ()), **(beside or {}))
    complete(out, {**described, **measure(out)}, len(firsts))
    return out


def stacked(
    rows: Sequence[Mapping[str, np.ndarray]], ragged: Collection[str]
) -> dict[str, np.ndarray]:
    """The arrays of several simulations as a shard holds them.

    Those that are `ragged`, of which each simulation has another length, lie one after another;
    `NAME_offsets` says where each begins, and where the last one ends.
    """
    arrays = {key: np.stack([row[key] for row in rows]) for key in rows[0] if key not in ragged}
    for key in ragged:
        parts = [row[key] for row in rows]
        arrays[key] = np.concatenate(parts)
        arrays[key + OFFSETS] = np.cumsum([0, *map(len, parts)])
    return arrays


def load_shards(
    path: str | Path,
    read: Callable[[Path, int, int], dict[str, np.ndarray]],
    *,
    names: Sequence[str],
    file_format: int,
    schema: type[Metadata],
) -> tuple[list[dict[str, np.ndarray]], dict[str, Any]]:
    """All shards of a complete data set, and its metadata.

    **Arguments:** `read`: the checked arrays of a folder's shard by its number and its size;
    `names`: of data sets of this kind; `schema`: of their metadata.

    **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
    """
    counts, described = open_shards(path, names=names, file_format=file_format, schema=schema)
    return [read(Path(path), index, size) for index, size in enumerate(counts)], described


def open_shards(
    path: str | Path, *, names: Sequence[str], file_format: int, schema: type[Metadata]
) -> tuple[list[int], dict[str, Any]]:
    """How many simulations each shard of a complete data set holds, and its metadata.

    **Arguments**, **Raises:** as `load_shards`, which reads them, too.
    """
    path = Path(path)
    described = read_metadata(path)
    if described["name"] not in names:
        raise ValueError(f"`{path}` holds data of `{described['name']}`, not of `{names[0]}`.")
    check_format(path / _METADATA, described, file_format)
    if not is_complete(described):
        raise ValueError(f"`{path}` is not complete; the same `invdesign data` command goes on.")
    described.pop("complete", None)
    as_record(described, schema, path=path / _METADATA)
    return sizes(number_of(described), described["shard_size"]), described


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
    return check_arrays(path, read_npz(path, limit=LARGEST), schemas)


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
