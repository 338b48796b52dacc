"""A directory may come from anybody: no command runs code that lies in it or that it names."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from invdesign import __version__
from invdesign.cli import app
from invdesign.io import read_run_directory
from invdesign.io._checksum import sha256
from invdesign.io._run_directory import open_run_directory
from invdesign.io._sealed import fingerprint, read_sealed, write_sealed
from invdesign.studies._identity import task_of

NAMES = ("tiny", "helper", "task", "conftest", "sitecustomize", "numpy", "jax", "invdesign")
CODE = "import pathlib\npathlib.Path({marker!r}).write_text(__name__)\n"


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "this code ran"


@pytest.fixture
def planted(finished, tmp_path, marker):
    """A finished run as somebody might send it: with code beside it that its files name."""
    folder = tmp_path / "sent"
    shutil.copytree(finished[0], folder)
    for name in NAMES:
        (folder / f"{name}.py").write_text(CODE.format(marker=str(marker)))
    files = {"tiny.py": sha256(folder / "tiny.py")}
    state(folder, task_source=f"{folder / 'tiny.py'}:task", task_files=files)
    return folder


def state(folder, version=__version__, **changes):
    """Change what a run's directory says of it, and all checksums with it, as a forger would."""
    config = read_sealed(folder / "config.json")
    config["configuration"] |= changes
    config |= {"version": version, "fingerprint": fingerprint(config["configuration"])}
    write_sealed(folder / "config.json", config)
    result = json.loads((folder / "verification.json").read_text())
    content = {key: result[key] for key in result if key not in ("files", "checksum")}
    write_sealed(folder / "verification.json", content, files=result["files"])


def commands(folder, tiny):
    """For each command what a user types to open the directory, or to write into it."""
    out = ("--out", folder)
    quick = ("--simulator", "reference", "--gradient-limit", 0)
    return {
        "tasks": (),
        "simulators": (),
        "figures": (folder,),
        "verify": (folder,),
        "run": (tiny, "--steps", 1, *quick, *out),
        "sweep": (folder / "config.json", *out),
        "status": (folder,),
        "compare": (tiny, "--optimizers", "random", *quick, *out),
        "refine": (tiny, *out),
        "scan": (tiny, *out),
        "gradcheck": (tiny, *quick, *out),
        "data": ("water2d", "--trajectories", 1, *out),
        "train": (folder / "config.json", *out),
        "evaluate": (folder / "model.safetensors",),
        "grids": (folder / "design.json",),
        "polar": (folder / "design.json",),
        "report": (folder,),
        "submit": (folder, "--by", "somebody"),
    }


def contents(folder):
    """All files but the page, which shows what is in the others."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "report.html"}


def test_no_command_runs_what_a_directory_holds(
    planted, marker, tiny, invoke, refused, monkeypatch
):
    """Each is refused, or ends well, from within the directory, too."""
    typed = commands(planted, tiny)
    assert {command.callback.__name__ for command in app.registered_commands} == typed.keys()
    before = contents(planted)
    monkeypatch.chdir(planted)
    said = {}
    for name, arguments in typed.items():
        result = invoke(name, *arguments)
        assert not marker.exists(), f"{name} ran code of the directory"
        if name not in {"tasks", "simulators", "figures", "report"}:
            said[name] = refused(result)
    assert f"--task {planted / 'tiny.py'}:task" in said["verify"]
    for name in ("run", "compare", "refine", "gradcheck"):
        assert "`tiny.py` has changed" in said[name], name
    assert contents(planted) == before


def test_a_recorded_name_counts_only_if_it_is_registered(planted, marker, invoke, refused):
    for source in ("tiny.py", "../tiny", "contain/../../sent/tiny", "contain ", "os:system"):
        state(planted, task_source=source)
        said = refused(invoke("verify", planted))
        assert "not a registered one" in said and "--task" in said
    assert not marker.exists()


@pytest.fixture
def opened(monkeypatch):
    """`run` that opens its directory and is interrupted at once."""

    def stub(out, configuration, *rest, **settings):
        open_run_directory(out, configuration)
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["invdesign.studies._run_resolved"], "run_design", stub)


@pytest.mark.parametrize("which", ["tiny.py", "spacing.py"])
def test_a_changed_file_is_refused_before_it_runs(
    which, tmp_path, marker, tiny, weights, invoke, refused, opened
):
    folder = tmp_path / "mine"
    folder.mkdir()
    text = Path(tiny.partition(":")[0]).read_text()
    (folder / "tiny.py").write_text(f"from spacing import COUNTS\n{text}")
    (folder / "spacing.py").write_text("COUNTS = (4, 4)\n")
    task, out = f"{folder / 'tiny.py'}:task", tmp_path / "out"
    arguments = ("run", task, "--model", weights, "--steps", 1, "--out", out)
    assert invoke(*arguments).exit_code == 130
    config = (out / "config.json").read_bytes()
    assert invoke(*arguments).exit_code == 130  # nothing has changed
    with open(folder / which, "a") as file:
        file.write(CODE.format(marker=str(marker)))
    said = refused(invoke(*arguments))
    assert f"`{which}` has changed" in said and "--restart" in said
    assert f"`{which}` has changed" in refused(invoke("verify", out, "--task", task))
    assert not marker.exists()
    assert (out / "config.json").read_bytes() == config
    for number in (1, 2):
        said = invoke(*arguments, "--restart")
        assert said.exit_code == 130 and f"out~{number}" in said.stderr
    assert marker.exists()
    assert (tmp_path / "out~1" / "config.json").read_bytes() == config


def test_an_empty_run_is_gone_on_with_as_its_task_was_typed(
    tmp_path, tiny, weights, invoke, refused, opened
):
    out = tmp_path / "out"
    invoke("run", tiny, "--model", weights, "--steps", 1, "--out", out)
    said = refused(invoke("verify", out, "--task", tiny))
    assert f"`invdesign run {tiny} --out {out}`" in said


@pytest.fixture
def stated(finished, tmp_path):
    """A copy of a finished run whose configuration says something else."""

    def make(version=__version__, **changes):
        folder = tmp_path / "stated"
        shutil.copytree(finished[0], folder, dirs_exist_ok=True)
        state(folder, version, **changes)
        return folder

    return make


def test_a_run_of_the_first_version_is_verified_with_a_note(stated, tiny, weights, invoke, refused):
    """Its digest saw arrays alone; it is drawn, too, and not gone on with."""
    old = {"task_digest": "0" * 64, "task_parts": None, "task_files": None, "packages": None}
    folder = stated("0.1.0", **old)
    said = invoke("verify", folder, "--task", tiny, "--conditions", 1, "--json")
    assert said.exit_code == 0 and "did not record the task's code" in said.stderr
    assert "did not record the task's code" in json.loads(said.stdout)["notes"][0]
    arguments = ("run", tiny, "--model", weights, "--steps", 2, "--out", folder)
    assert "made by invdesign 0.1.0" in refused(invoke(*arguments))


def test_what_has_changed_is_named(stated, finished, tiny, weights, invoke, refused):
    """The same files, and another part: as after an edit of what they import from elsewhere."""
    now = json.loads((finished[0] / "config.json").read_text())["configuration"]
    parts = {**now["task_parts"], "score": "0" * 64, "build": "1" * 64}
    folder = stated(task_parts=parts)
    arguments = ("run", tiny, "--model", weights, "--steps", 2, "--out", folder)
    for said in (refused(invoke(*arguments)), refused(invoke("verify", folder, "--task", tiny))):
        assert "the task's build has changed; the task's score has changed" in said
    packages = {**now["packages"], "invdesign": "0.1.9", "numpy": "1.0"}
    said = refused(invoke("verify", stated(task_parts=parts, packages=packages)))
    assert "not a registered one" in said
    folder = stated(task_parts=parts, packages=packages)
    found, (note,) = task_of(read_run_directory(folder), tiny)
    assert found.task.name == "tiny" and "cannot be told" in note
    assert f"`invdesign` is {__version__} now, was 0.1.9" in note


@pytest.mark.slow  # starts Python anew
@pytest.mark.skipif(shutil.which("invdesign") is None, reason="the program is not installed")
def test_the_program_imports_nothing_from_where_it_is_called(planted, marker):
    said = subprocess.run(
        ["invdesign", "verify", "."],
        cwd=planted,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 2 and "not a registered one" in said.stderr
    assert not marker.exists()
