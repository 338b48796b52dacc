"""Releasing weights: what is measured is what ships."""

import json

import jax.numpy as jnp
import pytest

from invdesign.io import save_weights
from invdesign.io._manifest import read_manifest
from invdesign.studies._release import release_model

METRICS = {
    "one_step_mse": 1e-7,
    "rollout_mse": 0.01,
    "occupancy_overlap": 0.7,
    "occupancy_floor": 0.8,
    "com_error": 0.02,
}


def evaluated(tmp_path):
    weights = tmp_path / "best.safetensors"
    digest = save_weights(weights, {"w": jnp.ones(3)}, {"family": "water"})
    evaluation = tmp_path / "evaluation"
    evaluation.mkdir()
    # A number that is not finite is written as null.
    (evaluation / "metrics.json").write_text(json.dumps({**METRICS, "rollout_mse": None}))
    (evaluation / "card.md").write_text(f"- sha256: {digest}\n")
    return weights, evaluation


def test_weights_card_and_manifest_agree(tmp_path):
    weights, evaluation = evaluated(tmp_path)
    folder = tmp_path / "pretrained"
    folder.mkdir()
    entry = release_model(weights, evaluation, name="toy", data="nothing", folder=folder)
    assert (folder / "toy.safetensors").read_bytes() == weights.read_bytes()
    assert (folder / "toy" / "card.md").exists()
    found = read_manifest(folder / "manifest.toml")["toy"]
    assert found == entry and found.errors["occupancy_overlap"] == 0.7
    assert "rollout_mse" not in found.errors


def test_an_evaluation_of_other_weights_is_refused(tmp_path):
    weights, evaluation = evaluated(tmp_path)
    (evaluation / "card.md").write_text("- sha256: 0000\n")
    with pytest.raises(ValueError, match="evaluation of other weights"):
        release_model(weights, evaluation, name="toy", data="nothing", folder=tmp_path)
    assert not (tmp_path / "toy.safetensors").exists()
