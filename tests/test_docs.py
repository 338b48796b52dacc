"""The reference names everything public; links lead somewhere; commands are those that exist."""

import importlib
import re
from functools import reduce
from pathlib import Path
from types import ModuleType

import pytest
import typer

import invdesign as inv
from invdesign._options import declared
from invdesign.cli import app
from invdesign.families import families
from invdesign.studies._registry import task_names, task_options

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


PAGES = [*sorted(DOCS.glob("*.md")), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]
COMMANDS = vars(typer.main.get_command(app))["commands"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.fixture(scope="module")
def further() -> set[str]:
    """Options that somebody declares, of which commands make flags."""
    kinds = [kind for family in families().values() for kind in _declaring(family)]
    found = [each for kind in kinds for each in declared(kind).values()]
    for name in task_names():
        found += task_options(name).values()
    return {each.flag for each in found}


def _declaring(family):
    return [k for k in (family.descent, family.judge, *family.sources.values()) if k is not None]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_are_those_that_exist(page, further):
    text = page.read_text("utf-8")
    for block in re.findall(r"^```bash\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            words = line.partition("#")[0].split()
            if not words or Path(words[0]).name != "invdesign":
                continue
            command, *words = COMMANDS[words[1]], *words[2:]
            while words and hasattr(command, "commands"):  # a group of them
                command, *words = command.commands[words[0]], *words[1:]
            known = {flag for each in command.params for flag in (*each.opts, *each.secondary_opts)}
            for word in words:
                if word.startswith("--"):
                    assert word in known | further, line
