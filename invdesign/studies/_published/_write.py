"""Writing `reference.toml`: designs in their order, everything else as it was."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...io._atomic import write_text
from ...io._reading import read_text, read_toml
from ._record import Published, read_designs

_ORDER = ("task", "optimizer", "through", "by")  # one design of each


def enter(path: Path, design: Published) -> Published | None:
    """Enter a design into a file, unless one of the same task, method and finder is as good.

    **Returns:** that one, in which case nothing is written, or `None`.

    **Raises:** `ValueError` naming the file if it is malformed or cannot be written.
    """
    known = read_designs(path) if path.exists() else []
    same = [each for each in known if _key(each) == _key(design)]
    if same and min(each.rank for each in same) <= design.rank:
        return min(same, key=lambda each: each.rank)
    write_reference(path, designs=[*(each for each in known if each not in same), design])
    return None


def _key(design: Published) -> tuple[str, ...]:
    return tuple(getattr(design, name) for name in _ORDER)


def write_reference(
    path: Path,
    *,
    designs: Sequence[Published] | None = None,
    found: Sequence[Mapping[str, Any]] | None = None,
    head: str | None = None,
) -> Path:
    """Write a `reference.toml` atomically.

    **Arguments:**

    - `designs`: the published ones; those of the file by default.
    - `found`: what optimizers came to, the rows `[[found]]`; those of the file by default.
    - `head`: comments for the top; those of the file by default.

    **Raises:** `ValueError` naming the file if it is malformed or cannot be written.
    """
    there = path.exists()
    if designs is None:
        designs = read_designs(path) if there else []
    rows = (read_toml(path).get("found", []) if there else []) if found is None else found
    if head is None:
        head = _head(read_text(path)) if there else ""
    ordered = sorted(designs, key=lambda design: (design.task, design.rank))
    parts = [head.strip()] * bool(head.strip())
    parts += [_table("designs", dataclasses.asdict(each)) for each in ordered]
    parts += [_table("found", row) for row in rows]
    return write_text(path, "\n\n".join(parts) + "\n")


def _head(text: str) -> str:
    """The comments at the top of a file."""
    lines = text.splitlines()
    number = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "\n".join(lines[:number])


def _table(name: str, row: Mapping[str, Any]) -> str:
    known = {key: value for key, value in row.items() if value is not None and value != {}}
    return "\n".join([f"[[{name}]]", *(f"{key} = {_value(known[key])}" for key in known)])


def _value(value: Any) -> str:
    """A value as TOML; its strings, numbers and arrays are those of JSON."""
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {', '.join(inner)} }}"
    return json.dumps(value)
