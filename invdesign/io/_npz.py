"""`.npz` files: named arrays, whose sizes are known before anything is unpacked."""

import io
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from ._atomic import write_bytes
from ._reading import LARGEST_BINARY, read_bytes

_MOST_ARRAYS = 10_000
_SUFFIX = ".npy"
_KINDS = "biufcUS"  # no objects, which would be unpickled, no structures, no dates
_RATIO = 1032  # deflate packs nothing more tightly
_SLACK = 1024
_LOCAL_HEADER = 30  # bytes in front of a file's name and extra fields; their lengths are the last 4
_UNREADABLE = (
    *(ValueError, EOFError, OSError, zlib.error, zipfile.BadZipFile, struct.error),
    *(NotImplementedError, RuntimeError, OverflowError, MemoryError),
)


def write_npz(path: str | Path, **arrays: Any) -> Path:
    """Write named arrays as a compressed `.npz`, atomically; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    named: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    np.savez_compressed(buffer, **named)
    return write_bytes(path, buffer.getvalue())


def write_plain_npz(path: str | Path, **arrays: Any) -> Path:
    """As `write_npz`, not compressed: what `map_npz` need not read whole."""
    buffer = io.BytesIO()
    named: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    np.savez(buffer, **named)
    return write_bytes(path, buffer.getvalue())


def map_npz(path: str | Path, *, limit: int) -> dict[str, np.ndarray]:
    """The arrays of a file of `write_plain_npz`, none of which is read before it is looked at.

    **Arguments:** `limit`: bytes of all arrays together.

    **Raises:** `ValueError` as `read_npz`, and if an array is compressed.
    """
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            return {
                name: _mapped(path, archive, member)
                for name, member in _members(archive, limit).items()
            }
    except _UNREADABLE as error:
        raise ValueError(f"`{path}` is not a readable .npz file ({_reason(error)}).") from error


def _mapped(path: str | Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"`{info.filename}` is compressed, and cannot be mapped")
    shape, is_fortran, dtype, header = _check_header(archive, info)
    if math.prod(shape) == 0:
        return np.zeros(shape, dtype)
    assert archive.fp is not None
    archive.fp.seek(info.header_offset + _LOCAL_HEADER - 4)
    name, extra = struct.unpack("<HH", archive.fp.read(4))
    start = info.header_offset + _LOCAL_HEADER + name + extra + header
    order: Any = "F" if is_fortran else "C"
    return np.asarray(np.memmap(path, dtype, "r", start, shape, order))


def read_npz(path: str | Path, *, limit: int = LARGEST_BINARY) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file, all loaded; nothing in it may be pickled.

    What an array says of its size has to agree with the archive's directory, and the arrays
    together have to fit into `limit` bytes: both are seen to before anything is unpacked.

    **Raises:** `ValueError` naming the file if it is missing, damaged, encrypted, packed in
    another way than NumPy's, too large, or not an `.npz`.
    """
    data = io.BytesIO(read_bytes(path, limit=limit))
    try:
        with zipfile.ZipFile(data) as archive:
            members = _members(archive, limit)
            for member in members.values():
                _check_header(archive, member)
            return {name: _array(archive, member) for name, member in members.items()}
    except _UNREADABLE as error:
        raise ValueError(f"`{path}` is not a readable .npz file ({_reason(error)}).") from error


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def _members(archive: zipfile.ZipFile, limit: int) -> dict[str, zipfile.ZipInfo]:
    """The archive's files by the names of their arrays."""
    infos = archive.infolist()
    if len(infos) > _MOST_ARRAYS:
        raise ValueError(f"{len(infos)} arrays, more than {_MOST_ARRAYS}")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename.removesuffix(_SUFFIX)
        if info.flag_bits & 0x1:
            raise ValueError(f"`{name}` is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"`{name}` is packed in an unknown way, {info.compress_type}")
        if info.file_size > _RATIO * info.compress_size + _SLACK:
            raise ValueError(f"`{name}` claims {info.file_size} bytes, which it cannot hold")
        if not info.filename.endswith(_SUFFIX) or name in members:
            raise ValueError(f"`{info.filename}` is no array, or there twice")
        members[name] = info
    if sum(info.file_size for info in infos) > limit:
        raise ValueError(f"its arrays have more than {limit} bytes")
    return members


def _check_header(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo
) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """See that the array that a file announces is as large as the file.

    **Returns:** its shape, whether the first axis runs fastest, its type, and the header's bytes.
    """
    with archive.open(info) as file:
        version = npy.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"`{info.filename}` has the format {version}")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = read(file)
        header = file.tell()
        if dtype.kind not in _KINDS:
            raise ValueError(f"`{info.filename}` holds no numbers but {dtype}")
        size = header + math.prod(shape) * dtype.itemsize
        if size != info.file_size or min(shape, default=0) < 0:
            raise ValueError(f"`{info.filename}` claims {size} bytes and has {info.file_size}")
        return shape, is_fortran, dtype, header


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as file:
        array = npy.read_array(file, allow_pickle=False)
        if file.read(1):  # also reads on to the checksum
            raise ValueError(f"`{info.filename}` is longer than its array")
    return array
