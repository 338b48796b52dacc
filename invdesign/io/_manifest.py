"""`manifest.toml`: what is known about every set of shipped weights."""

import dataclasses
import difflib
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ._atomic import write_text
from ._resources import pretrained_dir

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


def _entry(path: Path, name: str, table: Mapping[str, Any]) -> ManifestEntry:
    try:
        return ManifestEntry(name=name, **table)
    except TypeError as error:
        raise ValueError(
            f"`{path}`: the entry `{name}` must have exactly the keys file, sha256, bytes, data, "
            f"errors and licence, got {', '.join(table)}."
        ) from error


def read_manifest(path: str | Path | None = None) -> dict[str, ManifestEntry]:
    """The entries of a manifest by name; of the shipped one by default.

    **Raises:** `ValueError` naming the file if it is missing, malformed or of another format.
    """
    path = Path(path) if path is not None else pretrained_dir() / "manifest.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"`{path}` cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise ValueError(f"`{path}` is not a TOML file ({error}).") from error
    if content.get("format") != MANIFEST_FORMAT:
        raise ValueError(
            f"`{path}` has format {content.get('format')}, this version reads {MANIFEST_FORMAT}."
        )
    return {name: _entry(path, name, table) for name, table in content.get("models", {}).items()}


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
