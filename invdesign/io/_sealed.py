"""JSON files with a checksum of their own, and with those of the files that they belong to."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ._atomic import dump_json, write_json
from ._checksum import sha256
from ._reading import read_json
from ._schema import Sha256, as_record

_CHECKSUM, _FILES = "checksum", "files"


def fingerprint(configuration: Mapping[str, Any]) -> str:
    """A checksum of a configuration that does not depend on the order of its keys."""

    def canonical(value):
        if isinstance(value, Mapping):
            return {str(key): canonical(value[key]) for key in sorted(value, key=str)}
        if isinstance(value, list | tuple):
            return [canonical(item) for item in value]
        return value

    return hashlib.sha256(dump_json(canonical(configuration)).encode()).hexdigest()


class _Seal(msgspec.Struct):
    """What a sealed file holds besides its content.

    **Arguments:** `checksum`: of everything else in the file; `files`: of files in its folder, by
    name.
    """

    checksum: Sha256 | None = None
    files: dict[Annotated[str, Meta(pattern=r"^[^/\x00]+$", max_length=255)], Sha256] = {}


def write_sealed(
    path: str | Path, content: Mapping[str, Any], *, files: Iterable[str] = ()
) -> Path:
    """Write a JSON object with a checksum of its own, atomically.

    **Arguments:** `files`: names of files in the same folder that belong to it and are complete;
    those that are not there are left out.

    **Raises:** `ValueError` if a file cannot be read or written.
    """
    path = Path(path)
    present = [name for name in sorted(files) if os.path.lexists(path.with_name(name))]
    sums = {name: sha256(path.with_name(name)) for name in present}
    whole = {**content, _FILES: sums} if sums else dict(content)
    return write_json(path, {**whole, _CHECKSUM: fingerprint(whole)})


def read_sealed(
    path: str | Path, *, required: bool = True, partial: bool = False
) -> dict[str, Any]:
    """The content of a file that `write_sealed` wrote; the files it names are compared, too.

    **Arguments:** `required`: whether it has to have a checksum; those of 0.1 have none;
    `partial`: whether files that it names may be missing.

    **Raises:** `ValueError` naming the file that is missing, malformed or altered.
    """
    path = Path(path)
    content = read_json(path)
    seal = as_record(content, _Seal, path=path)
    if required and seal.checksum is None:
        raise ValueError(f"`{path}` lacks its `checksum`: it is damaged, or of another version.")
    if seal.checksum is not None:
        whole = {key: value for key, value in content.items() if key != _CHECKSUM}
        if fingerprint(whole) != seal.checksum:
            raise ValueError(f"`{path}` was altered: its checksum does not fit any more.")
    for name, expected in seal.files.items():
        other = path.with_name(name)
        if partial and not os.path.lexists(other):
            continue
        if sha256(other) != expected:
            raise ValueError(
                f"`{other}` was altered: it is not what it was when `{path.name}` was written."
            )
    return {key: value for key, value in content.items() if key not in (_CHECKSUM, _FILES)}
