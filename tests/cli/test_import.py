"""`invdesign import`: data and weights of others, in one sentence where they do not fit."""

import pickle

import numpy as np
import pytest

from ..io.foreign_files import falling, write_npz, write_tfrecord
from ..io.test_foreign_weights import lagrangebench, watercourse, write_checkpoint
from .test_train_and_evaluate import CONFIG


def test_data_become_a_data_set(invoke, last_json, tmp_path):
    folder = write_tfrecord(tmp_path / "theirs", falling())
    out = tmp_path / "ours"
    said = last_json(invoke("import", "data", folder, "--out", out, "--every", 1, "--json"))
    assert said["layout"] == "learning-to-simulate"
    assert (said["trajectories"], said["particles"], said["frames"]) == (3, 12, 9)
    assert (out / "metadata.json").exists()
    again = invoke("import", "data", folder, "--out", out)
    assert again.exit_code == 2 and "exists already" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--split", "test"], "has to hold one of"),
        (["--family", "ks"], "take no data of others; those of water do"),
        (["--clutter", "1"], "--clutter"),
        (["--particles", "13"], "no trajectory of 13 particles"),
        (["--every", "0"], "--every"),
    ],
)
def test_mistakes_are_one_sentence(words, said, invoke, tmp_path):
    folder = write_npz(tmp_path / "theirs", falling())
    result = invoke("import", "data", folder, "--out", tmp_path / "ours", *words)
    assert result.exit_code == 2 and said in result.stderr
    assert not (tmp_path / "ours").exists()


def test_weights(invoke, last_json, tmp_path):
    folder, out = write_checkpoint(tmp_path / "best", lagrangebench()), tmp_path / "gns.safetensors"
    said = last_json(invoke("import", "weights", folder, "--out", out, "--json"))
    assert (said["layout"], said["steps"], said["latent"]) == ("LagrangeBench GNS", 3, 8)
    tree = watercourse()
    tree.pop(next(name for name in tree if name.endswith("decoder_nodes_mlp/~/linear_1")))
    path = tmp_path / "tree.pickle"
    path.write_bytes(pickle.dumps(tree))
    result = invoke("import", "weights", path, "--out", tmp_path / "other.safetensors")
    assert result.exit_code == 2 and "missing: decoder.layers.1.weight" in result.stderr
    result = invoke("import", "weights", folder, "--out", out)
    assert result.exit_code == 2 and "a new .safetensors file" in result.stderr


@pytest.mark.slow
def test_train_learns_from_imported_data(invoke, last_json, tmp_path):
    runs = falling(number=4, frames=12, particles=48)
    folder, data = write_npz(tmp_path / "theirs", runs), tmp_path / "ours"
    assert invoke("import", "data", folder, "--out", data).exit_code == 0
    config = tmp_path / "tiny.toml"
    config.write_text(CONFIG.replace("radius = 0.028", "radius = 0.045"))
    said = last_json(invoke("train", config, "--data", data, "--out", tmp_path / "t", "--json"))
    assert said["finished"] and np.isfinite(said["loss"])
