"""`.npz` files of geoelements' GNS.

Layout assumed: `metadata.json` as learning-to-simulate has it (newer ones have it once for `train`
and once for `rollout`); `<split>.npz` with an array of objects a trajectory (positions (time,
particle, dim) and a type each, or one for all, and possibly a material property, which is left
out), or one array `gns_data` of such pairs. Objects are pickled, and read by `unpickled` alone.

Source: the loader of geoelements/gns.
"""

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from .._reading import check_regular
from ._unpickle import unpickled

_LARGEST = 2**32  # bytes of an array
_RATIO, _SLACK = 1032, 1024  # deflate packs nothing more tightly
_ALL = "gns_data"
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError),
    *(pickle.UnpicklingError, RuntimeError, KeyError, MemoryError),
)


def read_geoelements(
    path: Path, described: dict[str, Any]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions `(time, node, dim)` and types of each trajectory.

    **Raises:** `ValueError` naming the file and the array that is damaged, or holds anything other
    than arrays of numbers.
    """
    check_regular(path, limit=2**50)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist()]
            whole = f"{_ALL}.npy"
            for name in [whole] if whole in names else names:
                items = _array(archive, archive.getinfo(name))
                for item in items if name == whole else [items]:
                    yield _trajectory(path, name, item)
    except _UNREADABLE as error:
        raise ValueError(f"`{path}` was not read: {error}.") from error


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    """An array of an archive, of numbers or of objects."""
    if info.file_size > min(_LARGEST, _RATIO * info.compress_size + _SLACK):
        raise OSError(f"`{info.filename}` claims {info.file_size} bytes")
    file = io.BytesIO(archive.read(info))
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file)
        if not dtype.hasobject:
            file.seek(0)
            return npy.read_array(file, allow_pickle=False)
    except ValueError as error:
        raise OSError(f"`{info.filename}` is no array ({error})") from error
    found = unpickled(file.read())
    if not isinstance(found, np.ndarray) or found.shape != shape:
        raise OSError(f"`{info.filename}` does not hold what it announces")
    return found


def _trajectory(path: Path, name: str, item: Any) -> tuple[np.ndarray, np.ndarray]:
    good = isinstance(item, np.ndarray | tuple) and len(item) in (2, 3)
    position = item[0] if good else None
    if not isinstance(position, np.ndarray) or position.ndim != 3 or position.dtype.kind not in "f":
        raise ValueError(f"`{path}`: `{name}` holds no positions (time, particle, dim) and types.")
    kinds = np.asarray(item[1])
    if kinds.ndim == 0 or kinds.size == 1:
        kinds = np.full(position.shape[1], kinds.reshape(()))
    return position, kinds
