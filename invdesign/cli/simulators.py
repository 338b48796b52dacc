"""`invdesign simulators`: what there is to simulate with."""

from typing import Any

from ..io._checksum import verify_file
from ..io._manifest import ManifestEntry, find_model, read_manifest
from ._errors import plain_errors
from ._output import AsJson, number, report, table


def _state(entry: ManifestEntry) -> str:
    """`intact`, or what is wrong with the file."""
    path = find_model(entry.name)[1]
    try:
        verify_file(path, sha256_expected=entry.sha256, bytes_expected=entry.bytes)
    except ValueError as error:
        return str(error)
    return "intact"


def describe(entry: ManifestEntry) -> dict[str, Any]:
    """What the manifest says of a model, and whether its file is what it promises."""
    state = _state(entry)
    return {
        "model": entry.name,
        "file": entry.file,
        "bytes": entry.bytes,
        "sha256": entry.sha256,
        "errors": dict(entry.errors),
        "data": entry.data,
        "licence": entry.licence,
        "intact": state == "intact",
        "state": state,
    }


@plain_errors
def simulators(as_json: AsJson = False) -> None:
    """List the pretrained models, and check their files."""
    rows = [describe(entry) for entry in read_manifest().values()]
    shown = table(
        ["model", "bytes", "sha256", "errors", "trained on", "file"],
        [
            [
                row["model"],
                row["bytes"],
                row["sha256"][:12],
                ", ".join(f"{key} {number(value)}" for key, value in row["errors"].items()),
                row["data"],
                row["state"],
            ]
            for row in rows
        ],
    )
    shown.caption = "Beside them: `--simulator reference`, the solver of a task's family."
    report({"simulators": rows}, shown, as_json=as_json)
