"""`sweep` and `status`: what is printed, exit codes, and runs that are those of `run`."""

import json
import shutil

import pytest

from invdesign.io import read_design

TEXT = """
tasks = ["{task}"]
optimizers = ["random"]
seeds = [0, 1]
steps = 1
population = 2
simulator = "reference"
"""


@pytest.fixture(scope="module")
def study(place, tiny):
    path = place / "study.toml"
    path.write_text(TEXT.format(task=tiny))
    return path


@pytest.fixture(scope="module")
def swept(place, study, invoke, last_json):
    """The folder of a sweep, and what it said."""
    out = place / "swept"
    seen = last_json(invoke("sweep", study, "--out", out, "--dry-run", "--json"))
    assert seen == {
        "runs": 2, "to_make": ["tiny-task-random-0", "tiny-task-random-1"], "seconds": None,
        "changed": {}, "left": [],
    }  # fmt: skip
    assert not out.exists()
    return out, last_json(invoke("sweep", study, "--out", out, "--in-process", "--json"))


def test_a_sweep_makes_the_runs_of_run(swept, tiny, place, invoke, last_json):
    out, said = swept
    assert said["counts"]["finished"] == 2
    arguments = ("--optimizer", "random", "--steps", 1, "--population", 2, "--patience", 0)
    arguments += ("--simulator", "reference", "--seed", 1, "--out", place / "alone", "--json")
    alone = last_json(invoke("run", tiny, *arguments))
    run = said["runs"]["tiny-task-random-1"]
    assert run["state"] == "finished"
    for name in ("score", "reference_score_mean", "value", "charged_steps"):
        assert run["result"][name] == alone[name]
    names = {path.name for path in (place / "alone").iterdir()} - {"report.html"}
    assert {path.name for path in (out / "tiny-task-random-1").iterdir()} == names | {"status.json"}
    designs = [read_design(folder / "design.json").parameters.tolist() for folder in
               (place / "alone", out / "tiny-task-random-1")]  # fmt: skip
    assert designs[0] == designs[1]


def test_calling_it_again_makes_nothing(swept, study, invoke, last_json):
    out, said = swept
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*/*")}
    again = last_json(invoke("sweep", study, "--out", out, "--in-process", "--json"))
    assert again["runs"] == said["runs"]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*/*")} == times


def test_status_reads_files_alone(swept, invoke, last_json):
    out, said = swept
    found = last_json(invoke("status", out, "--json"))
    assert found | {"report": said["report"]} == said and not found["running"]
    shown = invoke("status", out).stdout
    assert "2 finished of 2" in shown and "tiny-task-random-1" in shown


def test_what_failed_is_named_and_made_again(swept, study, place, invoke):
    """What is left of it is moved aside where the run could not go on from it."""
    out = place / "failed"
    shutil.copytree(swept[0], out)
    for path in out.glob("*/status.json"):
        known = json.loads(path.read_text()) | {"state": "failed", "reason": "It is so."}
        path.write_text(json.dumps(known))
    (out / "tiny-task-random-1" / "config.json").write_text("{}")
    again = invoke("sweep", study, "--out", out, "--in-process")
    assert again.exit_code == 1
    assert "tiny-task-random-0 and 1 more failed: It is so." in again.stderr
    assert f"invdesign sweep {study} --out {out} --only failed" in again.stderr
    assert "2 failed: It is so." in invoke("status", out).stderr
    words = ("--in-process", "--only", "failed", "--no-pictures")
    assert invoke("sweep", study, "--out", out, *words).exit_code == 0
    assert not (out / "tiny-task-random-1" / "figure.png").exists()
    assert [path.name for path in out.glob("*~*")] == ["tiny-task-random-1~1"]
    designs = [read_design(each / "tiny-task-random-1" / "design.json") for each in (swept[0], out)]
    assert designs[0].parameters.tolist() == designs[1].parameters.tolist()


def test_mistakes_are_one_sentence(study, swept, tmp_path, monkeypatch, invoke, refused):
    """And nothing is written."""
    monkeypatch.chdir(tmp_path)
    out, _ = swept
    assert "no field `sedes`" in refused(invoke("sweep", typo(study, "sedes = [1]")))
    useless = typo(study, 'model = "nothing"')
    assert "`--model nothing` has no effect" in refused(invoke("sweep", useless, "--in-process"))
    assert "`--workers`" in refused(invoke("sweep", study, "--in-process", "--workers", 2))
    changed = typo(study, "patience = 3")
    assert "patience = null, not 3" in refused(invoke("sweep", changed, "--out", out))
    assert "holds no sweep" in refused(invoke("status", "nowhere"))
    assert "cannot be read" in refused(invoke("sweep", "none.toml"))
    assert {path.name for path in tmp_path.iterdir()} <= {"runs"}
    assert not list(tmp_path.glob("runs/*"))


def typo(study, line):
    path = study.with_name("other.toml")
    path.write_text(f"{study.read_text()}\n{line}\n")
    return path
