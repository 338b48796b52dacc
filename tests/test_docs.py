"""The reference page names everything public, and nothing else."""

import importlib
import re
from functools import reduce
from pathlib import Path
from types import ModuleType

import pytest

import invdesign as inv

DOCS = Path(__file__).resolve().parents[1] / "docs"
LISTED = re.findall(r"^::: (\S+)$", (DOCS / "reference.md").read_text("utf-8"), re.MULTILINE)
FOLDERS = sorted(
    name
    for name, value in vars(inv).items()
    if isinstance(value, ModuleType) and value.__name__ == f"invdesign.{name}" and name[0] != "_"
)


def public(module: ModuleType) -> set[str]:
    """Public names of a module that are not modules themselves."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }


def test_every_entry_exists():
    for entry in LISTED:
        reduce(getattr, entry.split(".")[1:], inv)


@pytest.mark.parametrize("folder", ["", *(f for f in FOLDERS if f != "cli")])
def test_every_public_name_is_listed(folder):
    module = importlib.import_module(f"invdesign.{folder}") if folder else inv
    prefix = f"invdesign.{folder}." if folder else "invdesign."
    assert {prefix + name for name in public(module)} - set(LISTED) == set()


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
