"""What sections are made of: stored files, tables, and on what they were measured."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
# Digests of the water tasks as they were then.
_FIRST_VERSIONS = {
    "1602fa2010a0", "31c88ac82605", "4703af3877be", "4ae8c925a2db", "d2bd114f118f",
    "d527d05c4b5f", "e23232f0ff64",
}  # fmt: skip


def load(name: str) -> dict[str, Any]:
    """The stored file of a benchmark."""
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Mappings with equal keys as a table; numbers on the right."""
    rows = list(rows)
    sides = ["---" if isinstance(value, str) else "---:" for value in rows[0].values()]
    lines = [list(rows[0]), sides, *([_cell(value) for value in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.4g}"


def source(name: str) -> str:
    """On what, and of what, a stored file was measured."""
    stored = load(name)
    machine, versions = stored["machine"], stored["versions"]
    words = [
        f"`{name}.json`: {machine['cpu']}, cores: {machine['cores']}, load: {machine['load']}",
        f"JAX {versions['jax']}",
        f"invdesign {versions['invdesign']}",
    ]
    others = {run["machine"] for run in runs_of(stored) if "machine" in run}
    words += [f"some runs on {other}" for other in sorted(others)]
    for key, said in (("task_digest", "task"), ("weights_sha256", "weights")):
        found = {str(run[key]).removeprefix("2:")[:12] for run in runs_of(stored) if run.get(key)}
        words += [f"{said} `{digest}`" for digest in sorted(found)]
    return "; ".join(words) + "."


def runs_of(stored: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All in a stored file that may name its task and weights: the whole, and its runs."""
    results = stored["results"]
    if not isinstance(results, Mapping):
        return []
    tasks = results.get("tasks", {})
    return [results, *results.get("runs", ()), *(tasks.values() if tasks else ())]


def version(name: str) -> str:
    """A remark where a stored file is about the first version of a water task."""
    digests = {str(run.get("task_digest")).removeprefix("2:")[:12] for run in runs_of(load(name))}
    return " (first version)" if digests & _FIRST_VERSIONS else ""


def section(title: str, *parts: str) -> str:
    """A heading and what stands below it."""
    return "\n\n".join([f"## {title}", *parts])
