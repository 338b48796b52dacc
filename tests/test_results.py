"""The page of results says what the stored results say, and benchmarks keep to their folders."""

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(ROOT.glob("benchmarks/**/*.py"))


def written() -> str:
    """The page as its script writes it now."""
    path = ROOT / "benchmarks" / "results_page.py"
    spec = importlib.util.spec_from_file_location("results_page", path)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script.page()


def test_the_page_is_up_to_date():
    page = (ROOT / "docs" / "results.md").read_text("utf-8")
    assert written() == page, "run `python -m benchmarks.results_page`"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_no_benchmark_imports_the_command_line(script):
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        names = [alias.name for alias in getattr(node, "names", ())]
        modules = [getattr(node, "module", None) or "", *names]
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert not any(name.startswith("invdesign.cli") for name in modules)


def test_few_scripts_time_things_and_each_has_its_result():
    timed = [path.stem for path in ROOT.glob("benchmarks/speed/*.py")]
    assert 0 < len(timed) <= 5
    for name in timed:
        assert (ROOT / "benchmarks" / "results" / f"{name}.json").exists(), name


def test_the_leaderboard_is_up_to_date(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    script = importlib.import_module("benchmarks.leaderboard_page")
    page = (ROOT / "LEADERBOARD.md").read_text("utf-8")
    assert script.page() == page, "run `python -m benchmarks.leaderboard_page`"
