"""Bad input: one sentence, exit code 2, nothing overwritten."""

import json
import os
import shutil

import equinox as eqx
import numpy as np
import pytest

from invdesign import io
from invdesign.graphs import RadiusGraph
from invdesign.io._checksum import sha256
from invdesign.io._manifest import ManifestEntry, register
from invdesign.io._sealed import read_sealed, write_sealed
from invdesign.studies import _resolve as _simulators


@pytest.fixture
def run(tiny, weights, tmp_path, invoke):
    """`invdesign run tiny ...`, into a fresh folder unless told otherwise."""

    def call(*arguments, model=weights, out=None):
        folder = tmp_path / "out" if out is None else out
        return invoke("run", tiny, "--model", model, "--steps", 1, "--out", folder, *arguments)

    return call


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_unknown_task_offers_the_nearest(invoke, refused):
    said = refused(invoke("run", "contian"))
    assert "contian" in said and "did you mean `contain`" in said


def test_unknown_optimizer_offers_the_nearest(run, refused, tmp_path):
    said = refused(run("--optimizer", "adamm"))
    assert "adamm" in said and "did you mean `adam`" in said
    assert not (tmp_path / "out").exists()


def test_unknown_model(run, refused):
    assert "pretrained model named `water3d`" in refused(run(model="water3d"))


def test_missing_weights(run, refused, tmp_path):
    assert "no weights file" in refused(run(model=tmp_path / "none.safetensors"))


@pytest.mark.parametrize("keep", [4, 100, -1])
def test_truncated_weights(keep, run, refused, tmp_path, weights):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(weights.read_bytes()[:keep])
    assert "broken.safetensors" in refused(run(model=broken))
    assert not (tmp_path / "out").exists()


def test_corrupt_weights(run, refused, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(os.urandom(1000))
    assert "not a readable safetensors file" in refused(run(model=broken))


def test_weights_of_another_kind(run, refused, tmp_path):
    other = tmp_path / "other.safetensors"
    io.save_weights(other, {"a": np.zeros(2)}, {"kind": "particle", "model": {"latent": 3}})
    assert "hyper-parameters" in refused(run(model=other))


def test_wrong_checksum(run, refused, tmp_path, weights, monkeypatch):
    folder = tmp_path / "pretrained"
    folder.mkdir()
    path = folder / "odd.safetensors"
    shutil.copy(weights, path)
    entry = ManifestEntry("odd", path.name, sha256(path), path.stat().st_size, "none", {}, "MIT")
    register(folder / "manifest.toml", entry)
    monkeypatch.setattr("invdesign.io._manifest.pretrained_dir", lambda: folder)
    assert _simulators.load_simulator("odd")[1] == path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    said = refused(run(model="odd"))
    assert "wrong checksum" in said and "odd.safetensors" in said


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("task = (", "SyntaxError"),
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("task = 3", "must be a Task"),
        ("other = 3", "defines no `task`"),
        ("def task():\n    raise RuntimeError('no')", "RuntimeError: no"),
    ],
)
def test_malformed_task_file(text, reason, invoke, refused, tmp_path):
    (tmp_path / "own.py").write_text(text)
    assert reason in refused(invoke("run", f"{tmp_path / 'own.py'}:task"))


def test_task_file_without_an_object(invoke, refused, tmp_path):
    (tmp_path / "own.py").write_text("task = 3")
    assert "names no object" in refused(invoke("run", tmp_path / "own.py"))


@pytest.mark.parametrize("bad", [float("nan"), None, float("inf")])
def test_nonfinite_design(bad, run, refused, tmp_path):
    design = tmp_path / "design.json"
    design.write_text(json.dumps({"parameters": [0.1, bad, 0.1, 0.1]}))
    said = refused(run("--init", design))
    assert "is not a JSON file" in said or "expected `float`, got `null`" in said


@pytest.mark.parametrize("parameters", [[0.1, 0.1], [9.0, 0.0, 0.0, 0.0]])
def test_design_of_another_task(parameters, run, refused, tmp_path):
    design = tmp_path / "design.json"
    design.write_text(json.dumps({"parameters": parameters}))
    assert "design.json" in refused(run("--init", design))


def test_population_smaller_than_elites(run, refused):
    said = refused(run("--optimizer", "cem", "--population", 4, "--elites", 8))
    assert "num_elites <= population, got 8 and 4" in said


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--population", 0), "--population"),
        (("--learning-rate", 0), "--learning-rate"),
        (("--steps", 0), "--steps"),
        (("--budget", 3), "budget of at least"),
        (("--budget", "nan"), "--budget"),
    ],
)
def test_numbers_out_of_range(arguments, reason, run, refused):
    assert reason in refused(run(*arguments))


def test_unwritable_folder(run, refused, tmp_path):
    # A file in the way stops every user, root included.
    (tmp_path / "file").write_text("mine")
    said = refused(run(out=tmp_path / "file" / "run"))
    assert "is a file, a folder is needed" in said
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_where_the_folder_should_be(run, refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert "is a file" in refused(run(out=tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine"


def test_folder_that_holds_something_else(run, refused, tmp_path):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.tex").write_text("mine")
    assert "not a run directory" in refused(run(out=folder))
    assert contents(folder) == {"chapter.tex": b"mine"}


def test_folder_of_another_configuration(finished, run, refused):
    before = contents(finished[0])
    said = refused(run("--seed", 5, out=finished[0]))
    assert "another configuration" in said and "seed = 0, not 5" in said
    assert contents(finished[0]) == before


@pytest.fixture
def altered(finished, tmp_path):
    """A copy of a run, as if it had not ended, with another `config.json`."""

    def make(**changes):
        folder = tmp_path / "copy"
        shutil.copytree(finished[0], folder)
        (folder / "verification.json").unlink()
        config = read_sealed(folder / "config.json")
        write_sealed(folder / "config.json", config | changes)
        return folder

    return make


def test_run_of_another_format(altered, run, invoke, refused):
    folder = altered(format_version=99)
    before = contents(folder)
    for result in (run(out=folder), invoke("verify", folder), invoke("figures", folder)):
        assert "run format 99" in refused(result)
    assert contents(folder) == before


def test_run_of_another_version(altered, run, refused):
    folder = altered(version="0.0.1")
    before = contents(folder)
    assert "made by invdesign 0.0.1" in refused(run("--steps", 2, out=folder))
    assert contents(folder) == before


def test_capacity_that_cannot_grow(run, refused, monkeypatch, tmp_path):
    def stuck(self, factor):
        raise ValueError("`RadiusGraph` cannot grow any more.")

    def shrunk(model, family):
        simulator, path = load(model, family)
        small = RadiusGraph(0.028, 6.0)  # the block needs more than six edges a particle
        graph = {"where": lambda s: s.connectivity, "is_leaf": lambda x: type(x) is RadiusGraph}
        return eqx.tree_at(pytree=simulator, replace=small, **graph), path

    load = _simulators.load_simulator
    monkeypatch.setattr(_simulators, "load_simulator", shrunk)
    monkeypatch.setattr(RadiusGraph, "grow", stuck)
    sampling = ("--optimizer", "random", "--population", 4)  # compiles sooner than a gradient
    assert "cannot grow any more" in refused(run(*sampling))
    monkeypatch.undo()
    monkeypatch.setattr(_simulators, "load_simulator", shrunk)
    # With room to grow the same start recovers by itself.
    said = run(*sampling, "--json", out=tmp_path / "grown")
    assert "capacity was doubled 1 times" in said.stdout


def test_debugging_shows_the_traceback(run, monkeypatch):
    monkeypatch.setenv("INVDESIGN_DEBUG", "1")
    with pytest.raises(ValueError, match="no weights file"):
        run(model="none.safetensors")
