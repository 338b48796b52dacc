"""`manifest.toml`: what is known about every set of shipped weights."""

import dataclasses
import difflib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ._atomic import write_text
from ._reading import read_toml
from ._resources import pretrained_dir
from ._schema import Count, Line, Sha256, as_record, check_format

MANIFEST_FORMAT = 1
_HEADER = "# Written by `invdesign.io.register`: one table a model, `[models.<name>]`.\n"


@dataclasses.dataclass(frozen=True)
class ManifestEntry:
    """One model of the manifest.

    **Arguments:**

    - `name`: what a user asks for, letters, digits, `-` and `_`.
    - `file`: the weights, beside the manifest.
    - `sha256`, `bytes`: checksum (hexadecimal) and size of that file.
    - `data`: one sentence on what the model was trained on.
    - `errors`: measured errors by name, finite.
    - `licence`: an SPDX identifier.
    """

    name: str
    file: str
    sha256: str
    bytes: int
    data: str
    errors: Mapping[str, float]
    licence: str


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    """An entry as the file holds it, under its name; `file` lies in the manifest's folder."""

    file: Annotated[str, Meta(pattern=r"^[^/\\\x00]*[^/\\\x00.]$", max_length=255)]
    sha256: Sha256
    bytes: Count
    data: Line
    errors: dict[str, float]
    licence: Line


class _Manifest(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    models: dict[Line, dict[str, Any]] = {}


def nearest(name: str, names: Iterable[str], *, count: int = 3) -> list[str]:
    """The `count` known names most like `name`, best first; empty if none is like it."""
    by_lower = {known.lower(): known for known in names}
    found = difflib.get_close_matches(name.lower(), by_lower, n=count, cutoff=0.5)
    return [by_lower[known] for known in found]


def unknown_name(kind: str, name: str, names: Iterable[str]) -> str:
    """One sentence for a user who asked for a `kind` (e.g. "task") that does not exist."""
    names = sorted(names)
    close = nearest(name, names)
    hint = f"did you mean {' or '.join(f'`{n}`' for n in close)}? " if close else ""
    allowed = ", ".join(f"`{n}`" for n in names) or "none yet"
    return f"There is no {kind} named `{name}`; {hint}Known: {allowed}."


def read_manifest(path: str | Path | None = None) -> dict[str, ManifestEntry]:
    """The entries of a manifest by name; of the shipped one by default.

    **Raises:** `ValueError` naming the file if it is missing, malformed or of another format.
    """
    path = Path(path) if path is not None else pretrained_dir() / "manifest.toml"
    content = read_toml(path)
    check_format(path, content, MANIFEST_FORMAT)
    entries = {}
    for name, raw in as_record(content, _Manifest, path=path).models.items():
        table = as_record(raw, _Table, path=path, at=f"$.models.{name}")
        entries[name] = ManifestEntry(name=name, **msgspec.structs.asdict(table))
    return entries


def _toml_value(value: str | int | float) -> str:
    # A JSON string without escaped non-ASCII characters is a basic string of TOML.
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _toml_table(entry: ManifestEntry) -> str:
    if not all(math.isfinite(error) for error in entry.errors.values()):
        raise ValueError(f"The errors of `{entry.name}` must be finite, got {dict(entry.errors)}.")
    fields = ("file", "sha256", "bytes", "data", "licence")
    lines = [f"[models.{_toml_value(entry.name)}]"]
    lines += [f"{field} = {_toml_value(getattr(entry, field))}" for field in fields]
    lines += ["", f"[models.{_toml_value(entry.name)}.errors]"]
    lines += [f"{_toml_value(k)} = {_toml_value(float(v))}" for k, v in entry.errors.items()]
    return "\n".join(lines) + "\n"


def write_manifest(path: str | Path, entries: Iterable[ManifestEntry]) -> Path:
    """Write a manifest, sorted by name, atomically.

    **Raises:** `ValueError` if an error is not finite, or the file cannot be written.
    """
    tables = [_toml_table(entry) for entry in sorted(entries, key=lambda entry: entry.name)]
    return write_text(path, "\n".join([f"{_HEADER}format = {MANIFEST_FORMAT}\n", *tables]))


def register(path: str | Path, entry: ManifestEntry) -> Path:
    """Add `entry` to the manifest at `path`, in place of one of the same name."""
    entries = read_manifest(path) if Path(path).exists() else {}
    return write_manifest(path, [*({**entries, entry.name: entry}.values())])


def find_model(name: str, path: str | Path | None = None) -> tuple[ManifestEntry, Path]:
    """The manifest's entry of a model and the path of its weights.

    **Raises:** `ValueError` with the nearest names if there is no such model.
    """
    path = Path(path) if path is not None else pretrained_dir() / "manifest.toml"
    entries = read_manifest(path)
    if name not in entries:
        raise ValueError(unknown_name("pretrained model", name, entries))
    return entries[name], path.parent / entries[name].file
