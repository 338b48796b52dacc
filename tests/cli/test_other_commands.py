"""`tasks`, `simulators`, `verify`, `figures`, `compare`, `data`, and what holds for all."""

import json
import shutil

import pytest

from invdesign import __version__
from invdesign._cache import cache_dir
from invdesign.families.water import _source
from invdesign.io import read_run_directory
from invdesign.io._checksum import sha256
from invdesign.io._manifest import ManifestEntry, register
from invdesign.io._sealed import read_sealed
from invdesign.studies import InProcess
from invdesign.studies._registry import task_names


def test_help_and_version(invoke):
    assert invoke("--version").stdout.strip() == __version__
    commands = invoke("--help").stdout
    for name in (
        "tasks", "run", "sweep", "status", "verify", "figures", "compare", "gradcheck",
        "simulators", "data", "train", "evaluate", "scan",
    ):  # fmt: skip
        assert name in commands


def test_tasks_lists_every_task(invoke, last_json):
    rows = last_json(invoke("tasks", "--json"))["tasks"]
    assert [row["task"] for row in rows] == task_names()
    lite = next(row for row in rows if row["task"] == "contain-lite")
    assert (lite["parameters"], lite["particles"], lite["steps"]) == (6, 48, 30)
    assert "joints" in lite["description"]
    assert "contain" in invoke("tasks").stdout


def test_simulators_checks_the_files(invoke, last_json, tmp_path, weights, monkeypatch):
    for name, text in (("good", weights.read_bytes()), ("bad", weights.read_bytes())):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(text)
        size = path.stat().st_size
        entry = ManifestEntry(
            name, path.name, sha256(path), size, "drops", {"com_error": 0.01}, "MIT"
        )
        register(tmp_path / "manifest.toml", entry)
    with open(tmp_path / "bad.safetensors", "ab") as file:
        file.write(b"x")
    monkeypatch.setattr("invdesign.io._manifest.pretrained_dir", lambda: tmp_path)
    rows = {r["model"]: r for r in last_json(invoke("simulators", "--json"))["simulators"]}
    assert rows["good"]["intact"] and not rows["bad"]["intact"]
    assert "longer than it should be" in rows["bad"]["state"]
    assert rows["good"]["sha256"] == sha256(weights)
    assert rows["good"]["errors"] == {"com_error": 0.01}
    assert "intact" in invoke("simulators").stdout


def test_verify_repeats_what_the_run_said(finished, tiny, invoke, last_json):
    out, said = finished
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    checked = last_json(invoke("verify", out, "--task", tiny, "--json"))
    for key in ("reference_score_mean", "reference_score_std", "score", "gap"):
        assert checked[key] == said[key]
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_verify_at_twice_the_resolution(finished, tiny, invoke, last_json):
    out, said = finished
    arguments = ("verify", out, "--task", tiny, "--conditions", 1, "--fine")
    checked = last_json(invoke(*arguments, "--json"))
    assert checked["reference_scores"] == said["reference_scores"][:1]
    assert checked["fine_scores"] == [checked["fine_score_mean"]]
    assert 0 <= checked["fine_score_mean"] <= 1 and checked["fine_violations"] == {}
    assert "twice as fine" in invoke(*arguments).stdout


def test_verify_on_fewer_conditions(finished, tiny, invoke, last_json, refused):
    out, said = finished
    checked = last_json(invoke("verify", out, "--task", tiny, "--conditions", 1, "--json"))
    assert checked["reference_scores"] == said["reference_scores"][:1]
    assert checked["reference_score_std"] == 0
    assert "2 unseen conditions" in refused(
        invoke("verify", out, "--task", tiny, "--conditions", 9)
    )


def test_verify_refuses_a_design_that_was_altered(finished, tiny, invoke, refused, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished[0], copy)
    design = json.loads((copy / "design.json").read_text())
    design["parameters"][0] = 9.0
    (copy / "design.json").write_text(json.dumps(design))
    assert "design.json` was altered" in refused(invoke("verify", copy, "--task", tiny))


def test_verify_refuses_what_is_no_run(invoke, refused, tmp_path):
    assert "not a run directory" in refused(invoke("verify", tmp_path))
    assert "no run directory" in refused(invoke("verify", tmp_path / "none"))


def test_figures_are_drawn_again_byte_by_byte(finished, invoke, tmp_path, refused):
    copy = tmp_path / "copy"
    shutil.copytree(finished[0], copy)
    for name in ("figure.png", "animation.gif"):
        (copy / name).unlink()
    assert invoke("figures", copy).exit_code == 0
    for name in ("figure.png", "animation.gif"):
        assert (copy / name).read_bytes() == (finished[0] / name).read_bytes()
    (copy / "trajectory.npz").unlink()
    assert "trajectory.npz` cannot be read" in refused(invoke("figures", copy))
    (copy / "verification.json").unlink()  # as of a run that has not ended
    assert "holds nothing to draw" in refused(invoke("figures", copy))


def test_scan_tells_the_best_of_one_and_two_numbers(tiny, invoke, last_json, tmp_path):
    arguments = ("scan", tiny, "--points", 4, "--out", tmp_path / "scan")
    found = last_json(invoke(*arguments, "--json"))
    assert [row["scan"] for row in found["rows"]] == [
        "common angle", "constant and linear", "two halves",
    ]  # fmt: skip
    wanted = ["angle"], ["constant", "slope"], ["first half", "second half"]
    for row, names in zip(found["rows"], wanted, strict=True):
        assert list(row["numbers"]) == names
        assert 0 <= row["score"] <= 1 and len(row["points"]["score"]) == 4
    assert (tmp_path / "scan" / "scan.png").is_file()
    assert "unseen" in invoke(*arguments).stdout  # the same again, read


@pytest.fixture
def here(monkeypatch):
    """Runs of a comparison are made in this process."""
    monkeypatch.setattr("invdesign.cli.compare.LocalWorkers", InProcess)


def test_compare_on_equal_budgets(place, tiny, invoke, last_json, here):
    out = place / "compared"
    arguments = ("compare", tiny, "--simulator", "reference", "--budget", 240, "--out", out)
    arguments += ("--optimizers", "adam,cmaes", "--gradient-limit", 0)
    said = last_json(invoke(*arguments, "--json"))
    (table,) = said["tasks"]
    rows = {row["label"].partition(",")[0]: row for row in table["rows"]}
    # Random search is always made; the gradient's limit is the descent's alone.
    assert rows.keys() == {"adam", "cmaes", "random"} and said["finished"] == said["total"] == 3
    known = {path.parent.name: read_run_directory(path.parent).configuration for path in
             out.glob("*/config.json")}  # fmt: skip
    assert known["adam-0"]["gradient_limit"] == 0 and known["cmaes-0"]["optimizer"] == "cmaes"
    for row in rows.values():
        assert row["steps"] <= table["budget"] == 240 and row["judged"] == 1
    # Judged along the budget, and the end is what the run itself says of it.
    for path in out.glob("*/judged.json"):
        assert len(read_sealed(path)["scores"]) >= 1
    assert {path.name for path in out.glob("comparison.*")} == {
        f"comparison.{end}" for end in ("csv", "md", "tex", "json", "png", "svg")
    }  # fmt: skip
    stamps = {p: p.stat().st_mtime_ns for p in out.glob("*/verification.json")}
    more = invoke(*arguments, "--seeds", 2)
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps
    assert "6 of 6 runs are finished" in more.stdout
    # Each seed has a start of its own, or a deterministic method would repeat itself.
    first, second = (read_sealed(out / f"adam-{seed}" / "verification.json") for seed in (0, 1))
    assert first["value"] != second["value"]


def test_compare_refuses(tiny, invoke, refused, tmp_path):
    assert "no optimizer named `nope`" in refused(invoke("compare", tiny, "--optimizers", "nope"))
    arguments = ("compare", tiny, "--simulator", "reference", "--out", tmp_path / "new")
    assert "at least one optimizer" in refused(invoke(*arguments, "--optimizers", ","))
    assert "budget of at least" in refused(invoke(*arguments, "--budget", 3))
    assert not (tmp_path / "new").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    said = refused(invoke(*arguments[:-1], tmp_path / "mine", "--budget", 240))
    assert "holds no study.json of a sweep" in said


def test_data_is_made_and_refused(invoke, last_json, refused, tmp_path, monkeypatch):
    make = _source.generate_water
    monkeypatch.setattr(
        _source, "generate_water", lambda *a, **k: make(*a, **{**k, "num_steps": 4})
    )
    out = tmp_path / "water"
    said = last_json(invoke("data", "water2d", "--trajectories", 2, "--out", out, "--json"))
    assert said["trajectories"] == 2 and said["out"] == str(out)
    assert "shard-00000.npz" in {path.name for path in out.iterdir()}
    bytes_before = (out / "shard-00000.npz").read_bytes()
    other = invoke("data", "water2d", "--trajectories", 3, "--out", out)
    assert "other settings" in refused(other)
    assert (out / "shard-00000.npz").read_bytes() == bytes_before
    assert "no data set named `water9`" in refused(invoke("data", "water9"))
    assert "it has none" in refused(invoke("data", "elastic", "--clutter", 0.5, "--out", out))
    assert "other settings" in refused(invoke("data", "airfoil", "--out", out))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"INVDESIGN_CACHE": "off"}, None),
        ({"INVDESIGN_CACHE": "/somewhere"}, "/somewhere"),
        ({"XDG_CACHE_HOME": "/cache"}, "/cache/invdesign/jax"),
        ({"JAX_COMPILATION_CACHE_DIR": "/own"}, None),
    ],
)
def test_where_compiled_programs_go(environment, expected, monkeypatch):
    for name in ("INVDESIGN_CACHE", "XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    folder = cache_dir()
    assert (None if folder is None else str(folder)) == expected


def test_refine_refuses_what_the_model_cannot_learn_from(place, tiny, weights, invoke, refused):
    out = place / "refined"
    said = refused(invoke("refine", tiny, "--model", weights, "--steps", 1, "--out", out))
    assert "16 particles in a box up to [0.25, 0.25] m" in said
    assert not out.exists()
    said = refused(invoke("refine", tiny, "--model", weights, "--rounds", 0, "--out", out))
    assert "'--rounds'" in said
    said = refused(invoke("refine", tiny, "--model", weights, "--data", place, "--out", out))
    assert "`--data` is for models of sections" in said
