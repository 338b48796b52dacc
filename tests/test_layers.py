"""Imports follow the layers of docs/design.md: strictly lower, or the module's own folder."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "invdesign"
FILES = sorted(PACKAGE.rglob("*.py"))
DRAWING = {"viz", "families"}
# What extras bring, and what takes long to import: `find_extra` and `import_late` do so at need.
LATE = {
    *("bokeh", "exponax", "h5py", "jinja2", "mujoco", "ray", "tensorboardX", "tesseract_core"),
    *("tesseract_jax", "cmaes", "ezdxf", "scipy.stats"),
}
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


def late(node):
    """Libraries of `LATE` that an import statement would import at once."""
    if isinstance(node, ast.Import):
        names = {alias.name for alias in node.names}
    else:
        module = node.module if node.level == 0 and node.module else ""
        names = {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return {one for one in LATE for name in names if name == one or name.startswith(f"{one}.")}


def offenses(path):
    """What a file's imports do that they may not."""
    own = unit(path)
    if own not in LAYERS:
        return [f"docs/design.md names no layer for `{own}`"]
    found = []
    for node, lazy in imports(path):
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        if lazy:
            found.append(f"{where}: imports go to the top of the file")
        higher = [u for u in imported_units(node, path) - {own} if LAYERS[u] >= LAYERS[own]]
        found += [f"{where}: `{own}` may not import `{other}`" for other in higher]
        found += [f"{where}: `{name}` is imported where it is needed" for name in late(node)]
        if own not in DRAWING and "matplotlib" in ast.unparse(node):
            found.append(f"{where}: figures are drawn elsewhere")
    return found


def test_imports():
    assert [offense for path in FILES for offense in offenses(path)] == []


def test_the_test_sees_relative_imports():
    tree = ast.parse("from ..spaces._base import X\nfrom .. import nn\nfrom .._types import A\n")
    found = [imported_units(node, PACKAGE / "io" / "_x.py") for node in tree.body]
    assert found == [{"spaces"}, {"nn"}, {"_types"}]


def test_the_test_sees_late_libraries():
    tree = ast.parse("from scipy import stats\nimport ezdxf.units\nfrom .cmaes import X\n")
    assert [late(node) for node in tree.body] == [{"scipy.stats"}, {"ezdxf"}, set()]


@pytest.mark.slow  # imports the package once more
def test_nothing_that_is_imported_brings_them():
    program = f"import invdesign, sys; print(sorted({LATE!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stdout + found.stderr
