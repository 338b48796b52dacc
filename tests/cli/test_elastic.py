"""`data` and `evaluate` on elastic bodies."""

from invdesign.families._registry import build_simulator
from invdesign.families.elastic._data import load_elastic
from invdesign.io import save_weights

HEADER = {
    "kind": "elastic",
    "model": {"latent": 8, "num_steps": 1, "depth": 1, "radius": 0.06},
    "edges_per_node": 8,
    "dt": 0.005,
}


def test_data_are_made_and_what_they_have_not_is_refused(invoke, refused, last_json, tmp_path):
    out = tmp_path / "strips"
    said = last_json(invoke("data", "elastic", "--trajectories", 1, "--out", out, "--json"))
    assert said["trajectories"] == 1
    assert load_elastic(out)[0]["positions"].shape == (1, 101, 50, 2)
    assert "is no option of the data `elastic`" in refused(
        invoke("data", "elastic", "--clutter", 0.5)
    )


def test_a_card_beside_the_springs(invoke, last_json, tmp_path):
    path = tmp_path / "model.safetensors"
    save_weights(path, build_simulator(HEADER), HEADER)
    sizes = ("--scenes", 1, "--steps", 10)
    said = last_json(invoke("evaluate", path, *sizes, "--out", tmp_path / "card", "--json"))
    assert said["node_error"] > said["node_floor"] > 0
    assert "node_error" in (tmp_path / "card" / "card.md").read_text()
