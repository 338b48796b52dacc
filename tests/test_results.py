"""The page of results says what the stored results say, and benchmarks keep to their folders."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(ROOT.glob("benchmarks/**/*.py"))


@pytest.mark.parametrize(
    ("script", "page"),
    [("results_page", "docs/results.md"), ("leaderboard_page", "LEADERBOARD.md")],
)
def test_pages_are_up_to_date(script, page, monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    written = importlib.import_module(f"benchmarks.{script}").page()
    assert written == (ROOT / page).read_text("utf-8"), f"run `python -m benchmarks.{script}`"


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
