"""The shipped configurations of mesh simulators: their sizes, and that the largest can learn."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign.cli.train import default_data, find_config
from invdesign.families._registry import build_simulator, load_config
from invdesign.families.elastic._data import generate_elastic
from invdesign.families.elastic._strips import RandomStrips
from invdesign.grids import OGrid
from invdesign.scenes import SectionScene, elastic_scene
from invdesign.sections import SectionLayout, naca4
from invdesign.simulators.mesh._build_flow import build_mesh_network
from invdesign.training import TrainingRun
from invdesign.training._update import initial_state, make_update
from invdesign.training.mesh._flow_course import FoilCases, case_loss


def header(config, **more):
    return {"family": config.world.name, "model": dataclasses.asdict(config.model), **more}


FOILS = {"grid": dataclasses.asdict(OGrid()), "layout": dataclasses.asdict(SectionLayout())}


@pytest.mark.parametrize(
    ("name", "latent", "steps"),
    [
        ("airfoil", 32, 13),
        ("airfoil-paper", 128, 15),
        ("elastic", 32, 5),
        ("elastic-paper", 128, 15),
    ],
)
def test_sizes_are_found_by_their_names(name, latent, steps):
    config = load_config(find_config(name))
    assert config.name == name and config.model.latent == latent
    model = config.model
    if config.world.name == "airfoil":
        simulator = jax.eval_shape(lambda: build_simulator(header(config, mesh=FOILS)).network)
        assert sum(map(len, (*simulator.down, *simulator.up))) == steps
        assert str(default_data(config)).startswith("data/airfoil-")
    else:
        more = {"edges_per_node": 10, "dt": 0.005}
        network = jax.eval_shape(lambda: build_simulator(header(config, **more)).network)
        assert network.steps.node_mlp.layers[0].weight.shape == (steps, 3 * latent, latent)
        assert str(default_data(config)).startswith("data/elastic-")
    assert model.num_steps == steps or name == "airfoil"


@pytest.mark.slow  # fifteen steps of message passing, compiled with their reverse pass
def test_the_paper_size_of_sections_learns_a_case():
    config = load_config(find_config("airfoil-paper"))
    mesh = {**FOILS, "grid": dataclasses.asdict(OGrid(8, 0.02, 10.0))}
    mesh["layout"] = {"num_side": 22, "num_base": 3}
    simulator = build_simulator(header(config, mesh=mesh))
    scene = SectionScene(simulator.layout.fit(naca4("2412")), 0.05)
    context, rest = simulator.init(scene)
    flow, code = simulator.step(context, rest)
    assert int(code) == 0 and bool(jnp.isfinite(flow.pressure).all())
    cells, points = context.velocity.shape[0], simulator.layout.num_points
    case = FoilCases(context, jnp.ones((cells, 4)), jnp.ones((points, 3)), jnp.ones(2))
    network = build_mesh_network(config.model, key=jax.random.key(0))

    def loss(network, cases):
        own = dataclasses.replace(simulator, network=network)
        return jax.vmap(lambda c: case_loss(own, c, config.stages[0]))(cases).mean(), jnp.zeros(())

    update = make_update(config, loss, config.stages[0].ema)
    state = initial_state(config, network)
    batch = jax.tree.map(lambda x: x[None, None], case)
    losses = []
    for _ in range(3):
        state, (value, _) = update(state, batch)
        losses.append(float(value))
    assert np.isfinite(losses).all() and int(state.step) == 3


@pytest.mark.slow
def test_the_paper_size_of_elastic_bodies_steps_and_trains(tmp_path):
    strips = RandomStrips(num_along=4, num_across=2, num_rim=5, radius=0.05)
    data = generate_elastic(
        tmp_path / "data", num_trajectories=3, seed=0, num_steps=4, strips=strips
    )
    config = load_config(find_config("elastic-paper"))
    stage = dataclasses.replace(config.stages[0], steps=2, graphs_per_batch=2, evaluate_every=2)
    training = dataclasses.replace(config.training, held_out=1)
    config = dataclasses.replace(config, stages=(stage,), training=training)
    run = TrainingRun(config, data, tmp_path / "run")
    row = run.run()
    assert row["step"] == 2 and np.isfinite(row["loss"])
    start = elastic_scene(strips.sample(np.random.default_rng(1)))
    assert int(rollout(run.simulator(), start, num_steps=2, throw=False).result) == 0
