"""`submit` and `verify --all`: a design of a toy world on its way to the leaderboard."""

import json
import re

import pytest

from invdesign.cli import _verify_all, submit
from invdesign.families import register, unregister
from invdesign.io import read_design
from invdesign.studies import _registry
from invdesign.studies._published import _measure, _record, published_designs

from ..families import toy

TASK = '"""A ball."""\nfrom {module} import throw\nTASKS = {{"throw": throw}}\n'


@pytest.fixture(scope="module", autouse=True)
def ball():
    register(toy.BALL)
    yield
    unregister(toy.NAME)


def tasks_of(folder, patch):
    """A folder of tasks that holds one, of which nothing is published."""
    (folder / "throw").mkdir(parents=True)
    (folder / "throw" / "task.py").write_text(TASK.format(module=toy.__name__))
    for module in (_registry, _record, submit):
        patch.setattr(module, "tasks_dir", lambda: folder)
    return folder


@pytest.fixture
def board(tmp_path, monkeypatch):
    return tasks_of(tmp_path / "tasks", monkeypatch)


@pytest.fixture(scope="module")
def run(tmp_path_factory, invoke):
    """A run of a few steps."""
    place = tmp_path_factory.mktemp("leaderboard")
    out = place / "run"
    with pytest.MonkeyPatch.context() as patch:
        tasks_of(place / "tasks", patch)
        command = ("run", "throw", "--simulator", "reference", "--steps", 2, "--out", out)
        assert invoke("--no-cache", *command).exit_code == 0
    return out


def change(board, old, new):
    path = board / "throw" / "reference.toml"
    text, number = re.subn(old, new, path.read_text())
    assert number == 1
    path.write_text(text)


def test_from_a_run_to_a_published_number(board, run, invoke, last_json, refused):
    said = last_json(invoke("submit", run, "--by", "A. Author", "--json"))
    assert said["entered"] and said["by"] == "A. Author" and said["fine_score"] is None
    result = json.loads((run / "verification.json").read_text())
    assert said["score"] == pytest.approx(result["reference_score_mean"], abs=1e-4)
    (entry,) = published_designs()
    assert (entry.task, entry.optimizer, entry.through) == ("throw", "adam", "reference")
    assert entry.charged_steps == result["charged_steps"] and entry.seed == 0
    assert entry.parameters == pytest.approx(read_design(run / "design.json").parameters, abs=1e-6)

    again = invoke("submit", run, "--by", "A. Author")
    assert again.exit_code == 0 and "not entered" in again.stderr
    assert published_designs() == [entry]

    held = invoke("verify", "--all", "--json")
    assert last_json(held)["holds"] and last_json(held)["checked"] == 1
    assert "1 of 1: throw, adam through the solver, by A. Author" in held.stderr

    change(board, r"(?m)^score = .*$", "score = 0.5")
    fallen = invoke("verify", "--all", "--tasks", "throw")
    assert fallen.exit_code == 1 and "does not hold" in fallen.stdout
    assert "throw, adam through the solver, by A. Author: the score is" in fallen.stderr
    change(board, r"(?m)^spread = .*$", "spread = 1.0")
    assert invoke("verify", "--all").exit_code == 1
    change(board, r"(?m)^score = .*$", f"score = {0.95 * said['score']}")
    assert invoke("verify", "--all").exit_code == 0

    assert "`throw`" in refused(invoke("verify", "--all", "--tasks", "maze"))


def test_a_design_by_hand(board, tmp_path, invoke, last_json, refused):
    path = tmp_path / "design.json"
    path.write_text('{"task": "throw", "parameters": [0.5, 0.25]}')
    assert "--method" in refused(invoke("submit", path, "--by", "B"))
    into = tmp_path / "mine.toml"
    said = last_json(
        invoke("submit", path, "--by", "B", "--method", "by hand", "--into", into, "--json")
    )
    assert said["optimizer"] == "by hand" and said["through"] == "other" and into.exists()
    assert published_designs() == []
    path.write_text('{"task": "throw", "parameters": [0.5, 99.0]}')
    assert "design.json" in refused(invoke("submit", path, "--by", "B", "--method", "by hand"))
    path.write_text('{"parameters": [0.5, 0.25]}')
    assert "no registered task" in refused(invoke("submit", path, "--by", "B", "--method", "x"))


def test_where_the_solver_is_missing(board, run, invoke, refused, monkeypatch):
    invoke("submit", run, "--by", "A")

    def missing(task):
        raise ValueError("The solver is not installed; get it.")

    monkeypatch.setattr(_verify_all, "reference_for", missing)
    sentence = refused(invoke("verify", "--all"))
    assert "No design could be checked: The solver is not installed" in sentence


def test_at_twice_the_resolution(board, run, invoke, last_json, monkeypatch):
    monkeypatch.setattr(_measure, "_refines", lambda reference: True)
    finer = lambda latent, task, reference, factor: _measure.judge(latent, task, reference)  # noqa: E731
    monkeypatch.setattr(_measure, "judge_finer", finer)
    said = last_json(invoke("submit", run, "--by", "A", "--json"))
    assert said["fine_score"] == said["score"]
    assert last_json(invoke("verify", "--all", "--fine", "--json"))["holds"]
    change(board, r"(?m)^fine_score = .*$", "fine_score = -3.0")
    assert invoke("verify", "--all").exit_code == 0
    fallen = invoke("verify", "--all", "--fine")
    assert fallen.exit_code == 1 and "twice the resolution" in fallen.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--all"),
        (("--all", "run"), "no run directory"),
        (("--all", "--conditions", 2), "`--conditions`"),
        (("run", "--tasks", "throw"), "`--all`"),
    ],
)
def test_what_does_not_go_together(board, invoke, refused, words, said):
    assert said in refused(invoke("verify", *words))
