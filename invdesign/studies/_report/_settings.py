"""Settings and versions of a run, for tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...io._atomic import dump_json
from ...io._run_directory import RunDirectory
from ._blocks import Block, Cell, cell, table

# Checksums, which tell two runs apart and say nothing to people.
_SUMS = ("digest", "sha256", "fingerprint")


def settings(configuration: Mapping[str, Any]) -> Block:
    """All that determines a run but for its checksums."""
    rows = [
        [Cell(name), cell(_word(value))]
        for name, value in _flat(configuration)
        if not _is_sum(name) and value is not None
    ]
    return table("Settings", (), rows, sortable=False, folded=True)


def versions(run: RunDirectory) -> Block:
    """What the run was made with, and the checksums of its parts."""
    known = run.configuration
    packages = known.get("packages")
    rows = [[Cell("invdesign"), Cell(run.version)]]
    if isinstance(packages, Mapping):
        rows += [[Cell(str(k)), Cell(str(v))] for k, v in packages.items() if k != "invdesign"]
    rows += [[Cell(name), Cell(_word(v))] for name, v in _flat(known) if _is_sum(name) and v]
    return table("Versions and checksums", (), rows, sortable=False, folded=True)


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and key != "packages":
            yield from _flat(value, f"{prefix}{key}.")
        elif key != "packages":
            yield f"{prefix}{key}", value


def _is_sum(name: str) -> bool:
    parts = name.split(".")
    return any(word in parts[-1] for word in _SUMS) or parts[0] in ("task_parts", "task_files")


def _word(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else dump_json(value)
