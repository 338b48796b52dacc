"""What belongs to one family alone has one home: its folder."""

import ast

from invdesign.families import families

from .test_layers import FILES, PACKAGE, imported_units, imports, unit

HOMES = sorted(path.name for path in (PACKAGE / "families").iterdir() if path.is_dir())
NAMES = {name for family in families().values() for name in (family.name, *family.aliases)}
# Kinds of simulators, which are horizontal, have names of their own that were once a family's.
KINDS = {"particle", "flow", "springs"}
# What tells scenes, designs and simulators apart.
TOLD_APART = {"Scene", "Frame", "Flow", "Design", "Simulator", "Ensemble", "MPM", "OpenFOAM"}
ABSTRACT = {"AbstractSimulator"}
GENERIC = ("studies", "cli", "training", "_rollout", "_task", "_problem", "_solve", "_verify")


def home(path):
    """The family whose folder a file lies in, or `None`."""
    parts = path.relative_to(PACKAGE).parts
    return parts[1] if parts[0] == "families" and len(parts) > 2 else None


def imported(path):
    """Families whose folders a file's imports reach into."""
    found = set()
    for node, _ in imports(path):
        inside = home(path) is not None or unit(path) == "families"
        if not inside and "families" not in imported_units(node, path):
            continue
        words = ast.unparse(node).replace(".", " ").replace(",", " ").split()
        found |= set(words) & set(HOMES)
    return found


def strings(path):
    """Texts of a file that are no docstrings, each with its line."""
    tree = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value, node.lineno


def questions(path):
    """Expressions that tell scenes, designs or simulators apart."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.MatchClass):
            yield ast.unparse(node.cls), node.lineno
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "isinstance":
            kinds = (
                ast.unparse(node.args[1]).replace("|", " ").replace(",", " ").strip("()").split()
            )
            told = [
                k for k in kinds if any(k.endswith(t) for t in TOLD_APART) and k not in ABSTRACT
            ]
            if told:
                yield ast.unparse(node), node.lineno
        if node.func.id == "hasattr" and ast.unparse(node.args[1]) in {"'segments'", "'surface'"}:
            yield ast.unparse(node), node.lineno


def test_only_the_registry_and_a_family_itself_import_it():
    allowed = {"families/__init__.py", "__init__.py"}
    offenders = [
        f"{name}: {other}"
        for path in FILES
        if (name := str(path.relative_to(PACKAGE))) not in allowed
        for other in imported(path)
        if other != home(path)
    ]
    assert offenders == []


def test_no_other_file_names_a_family():
    offenders = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for path in FILES
        if home(path) is None
        for text, line in strings(path)
        if text in NAMES - KINDS
    ]
    assert offenders == []


def test_nothing_above_asks_what_it_has():
    offenders = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for path in FILES
        if unit(path) in GENERIC and "mesh" not in path.parts and "particle" not in path.parts
        for text, line in questions(path)
    ]
    assert offenders == []
