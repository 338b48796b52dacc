"""OpenFOAM's plain-text files: headers, lists, fields."""

import re
from pathlib import Path

import numpy as np


def header(kind: str, name: str) -> str:
    """The first lines of a file of a class (`dictionary`, `volScalarField`, ...)."""
    return f"FoamFile {{ version 2.0; format ascii; class {kind}; object {name}; }}\n"


def list_of(rows: np.ndarray, form: str) -> str:
    """A list with one row a line in a printf form."""
    lines = (form + "\n") * len(rows) % tuple(rows.ravel().tolist())
    return f"{len(rows)}\n(\n{lines})\n"


def read_internal(path: Path, num: int) -> np.ndarray:
    """Values of a field in the cells, `(num,)` or `(num, 3)`.

    **Raises:** `ValueError` if the file holds no such field.
    """
    return _values(path, path.read_text(), "internalField", num)


def read_patch(path: Path, patch: str, num: int) -> np.ndarray:
    """Values of a field on the faces of a patch, `(num,)` or `(num, 3)`.

    **Raises:** `ValueError` if the file holds no such values.
    """
    text = path.read_text()
    start = re.search(rf"^\s*{patch}\s*$", text, re.MULTILINE)
    if start is None:
        raise ValueError(f"`{path}` holds no patch `{patch}`.")
    return _values(path, text[start.end() :], "value", num)


def _values(path: Path, text: str, key: str, num: int) -> np.ndarray:
    found = re.search(rf"\b{key}\s+(uniform|nonuniform)\s+", text)
    if found is None:
        raise ValueError(f"`{path}` holds no `{key}`.")
    rest = text[found.end() :]
    if found[1] == "uniform":
        one = np.fromstring(rest[: rest.index(";")].strip(" ()"), sep=" ")
        return np.squeeze(np.broadcast_to(one, (num, one.size)))
    body = rest[rest.index("(") + 1 : rest.index(";")]
    numbers = np.fromstring(body.translate(str.maketrans("()", "  ")), sep=" ")
    if numbers.size not in (num, 3 * num):
        raise ValueError(f"`{path}` holds {numbers.size} numbers, expected {num} or {3 * num}.")
    return numbers.reshape(num, -1).squeeze()
