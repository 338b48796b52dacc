"""Imports follow the layers of docs/design.md: strictly lower, or the module's own folder."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "invdesign"
FILES = sorted(PACKAGE.rglob("*.py"))
LINE = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)
LAYERS = {
    name.rstrip("/"): int(layer)
    for layer, names in LINE.findall((ROOT / "docs" / "design.md").read_text())
    for name in re.findall(r"`([^`]+)`", names)
}
# The package's own `__init__` may import everything but the command line, which may import it.
LAYERS["__init__"] = max(LAYERS.values()) - 0.5


def unit(path):
    """The folder or spine module of the package that `path` belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_units(node, path):
    """Units of the package that an import statement reaches into."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        base = ["invdesign", *path.relative_to(PACKAGE).parts[:-1]]
        base = base[: len(base) - node.level + 1] if node.level else []
        stem = ".".join([*base, *([node.module] if node.module else [])])
        names = [f"{stem}.{alias.name}" for alias in node.names]
    inside = [name.split(".")[1:] for name in names if name.split(".")[0] == "invdesign"]
    return {parts[0] if parts and parts[0] in LAYERS else "__init__" for parts in inside}


def imports(path):
    """Import statements of a file, each with whether a function encloses it."""

    def visit(node, lazy):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, lazy
        lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, lazy)

    return list(visit(ast.parse(path.read_text()), False))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports(path):
    own = unit(path)
    assert own in LAYERS, f"docs/design.md names no layer for `{own}`"
    for node, lazy in imports(path):
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        assert not lazy, f"{where}: imports go to the top of the file"
        for other in imported_units(node, path) - {own}:
            assert LAYERS[other] < LAYERS[own], f"{where}: `{own}` may not import `{other}`"


def test_only_viz_imports_matplotlib():
    offenders = [
        str(path.relative_to(ROOT))
        for path in FILES
        for node, _ in imports(path)
        if unit(path) != "viz" and "matplotlib" in ast.unparse(node)
    ]
    assert not offenders


def test_the_test_sees_relative_imports():
    tree = ast.parse("from ..spaces._base import X\nfrom .. import nn\nfrom .._types import A\n")
    found = [imported_units(node, PACKAGE / "io" / "_x.py") for node in tree.body]
    assert found == [{"spaces"}, {"nn"}, {"_types"}]
