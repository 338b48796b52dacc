"""The training states that ship go on: by names, or by the order of arrays as 0.1 wrote them."""

from functools import partial

import jax
import pytest

from invdesign.families._registry import load_config
from invdesign.io._reading import read_json
from invdesign.io._resources import pretrained_dir
from invdesign.simulators.constraint import Contacts, Joined
from invdesign.simulators.constraint._build import build_constraint_network
from invdesign.simulators.grid._build import build_grid_network
from invdesign.simulators.mesh._build_flow import build_mesh_network
from invdesign.simulators.mesh._build_springs import build_elastic_network
from invdesign.simulators.particle._build import build_network
from invdesign.training._state import load_state, save_state
from invdesign.training._update import initial_state

NETWORKS = {
    "water2d": build_network,
    "water2d-open": build_network,
    "water2d-contact": build_network,
    "airfoil": build_mesh_network,
    "elastic": build_elastic_network,
    "ks": build_grid_network,
    "balls": partial(build_constraint_network, view=Contacts()),
    "rigids": partial(build_constraint_network, view=Joined()),
    "rope": build_constraint_network,
    "watercourse": build_network,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shipped_state_is_read_and_written_by_its_names(name, tmp_path):
    config = load_config(pretrained_dir() / "configs" / f"{name}.toml")
    folder = pretrained_dir() / "training" / name
    assert config.goes_on_from(read_json(folder / "config.json")["config"])
    like = initial_state(config, NETWORKS[name](config.model, key=jax.random.key(0)))
    state, _ = load_state(folder / "state.npz", like)
    assert int(state.step) > 0
    save_state(tmp_path / "state.npz", state, "step\n")
    again, metrics = load_state(tmp_path / "state.npz", like)
    assert metrics == "step\n"
    same = jax.tree.map(lambda a, b: bool((a == b).all()), state, again)
    assert all(jax.tree.leaves(same))
