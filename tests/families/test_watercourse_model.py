"""What models of watercourses learn from, and how they are judged."""

import dataclasses
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families import Candidate
from invdesign.families._registry import build_simulator, load_config
from invdesign.families.watercourse._agreement import NUMBERS, agreement, landed_of
from invdesign.families.watercourse._data import generate_watercourses, load_watercourses
from invdesign.families.watercourse._judge import WatercourseJudge
from invdesign.families.watercourse._landscapes import RandomLandscapes
from invdesign.families.watercourse._training import WatercourseTraining, ranges_of
from invdesign.io import save_weights
from invdesign.io._resources import pretrained_dir
from invdesign.simulators.particle._build import build_network, make_simulator
from invdesign.simulators.particle._features import Statistics
from invdesign.training import SeededData, TrainingRun
from invdesign.training.particle._streams import in_common

CONFIG = pretrained_dir() / "configs" / "watercourse.toml"


def on_floor(places, landed=None):
    """Water at places from the middle, `(node, 2)`; all of it landed after a second."""
    places = np.asarray(places, float)
    position = np.stack([places[:, 0] + 0.5, 0 * places[:, 0], places[:, 1] + 0.5], axis=1)
    landed = np.ones(len(places), bool) if landed is None else np.asarray(landed)
    return landed_of(position, landed, np.ones(len(places)))


def test_random_landscapes_are_those_of_their_seed_and_within_bounds():
    seen, unseen = RandomLandscapes(), RandomLandscapes(held_out=True)
    drawn = [seen.sample(np.random.default_rng([7, i])) for i in range(60)]
    again = seen.sample(np.random.default_rng([7, 59]))
    np.testing.assert_array_equal(drawn[59], again)
    heights = np.stack(drawn)
    assert heights.shape == (60, 25, 25) and np.isfinite(heights).all()
    assert 0.15 < np.abs(heights).max() <= 0.25
    flat = np.ptp(heights, axis=(1, 2)) == 0
    assert 0 < flat.sum() < 12
    assert not np.allclose(again, unseen.sample(np.random.default_rng([7, 59])))


def test_agreement_counts_water_in_other_sectors_and_what_has_not_landed():
    truth = on_floor([[1, 0.1], [0.1, 1], [-1, 0.1], [-0.1, -1]])
    same = agreement(truth, truth)
    assert same == dict.fromkeys(NUMBERS, 0.0) | {"agreement": 1.0}
    turned = on_floor([[1, 0.1], [0.1, 1], [-1, 0.1], [1, 0.2]])
    other = agreement(turned, truth)
    assert other["sector_error"] == pytest.approx(0.5)
    assert other["agreement"] == pytest.approx(0.75) and other["landed_error"] == 0.0
    held = on_floor([[1, 0.1], [0.1, 1], [-1, 0.1], [-0.1, -1]], [True, True, True, False])
    found = agreement(held, truth)
    assert found["landed_error"] == pytest.approx(0.25)
    assert found["agreement"] == pytest.approx(0.75)
    nothing = agreement(on_floor(np.ones((4, 2)), [False] * 4), truth)
    assert nothing["agreement"] == 0.0


@pytest.mark.parametrize("name", ["watercourse", "watercourse-paper"])
def test_the_configurations_are_of_this_family(name):
    config = load_config(CONFIG.with_name(f"{name}.toml"))
    assert isinstance(config.world, WatercourseTraining) and config.model.parts == 2


@pytest.mark.parametrize(("name", "most"), [("watercourse", 19.0), ("watercourse-paper", 77.0)])
def test_there_is_room_for_the_fullest_film_and_not_for_twice_that(name, most):
    model = load_config(CONFIG.with_name(f"{name}.toml")).model
    network = eqx.filter_eval_shape(build_network, model, key=jax.random.key(0))
    ranges = ranges_of({"scenes": {"layers": 20}, "num_steps": 160, "dt": 0.0125})
    made = make_simulator(network, model, Statistics(1.0, 1.0, 1.0, 1.0), 0.025, ranges)
    assert 1.2 * most < made.connectivity.edges_per_node < 1.6 * most


def test_errors_in_common_are_those_that_neighbors_do_not_cancel():
    rng = np.random.default_rng(0)
    place = jnp.asarray(rng.uniform(0, 0.2, (40, 3)), jnp.float32)
    counted = jnp.asarray(np.arange(40) < 30, jnp.float32)
    same = jnp.broadcast_to(jnp.asarray([1.0, -2.0]), (40, 2))
    spoilt = jnp.where(counted[:, None] > 0, same, 1e3)  # what does not count has no say
    average = partial(in_common, width=0.05)
    np.testing.assert_allclose(average(place, counted, spoilt), same, rtol=1e-5)
    pairs = jnp.repeat(place[:20], 2, axis=0)
    signs = jnp.asarray(np.resize([1.0, -1.0], (40, 1)), jnp.float32)
    np.testing.assert_allclose(average(pairs, jnp.ones(40), signs), 0.0, atol=1e-5)
    far = jnp.asarray([[0.0, 0, 0], [1.0, 0, 0]])
    own = jnp.asarray([[1.0], [3.0]])
    np.testing.assert_allclose(average(far, jnp.ones(2), own), own, rtol=1e-6)


@pytest.mark.slow
def test_data_a_training_and_a_card(tmp_path):
    data = generate_watercourses(tmp_path / "data", num_trajectories=3, seed=0, num_frames=24)
    arrays, described = load_watercourses(data)
    position, landed = arrays["position"], arrays["landed"]
    assert position.shape == (3, 49, 640, 3) and described["dt"] == 0.0125
    waits = arrays["begins"][:, None] > np.arange(49)[None, :, None]
    still = np.broadcast_to(position[:, :1], position.shape)
    np.testing.assert_array_equal(position[waits], still[waits])
    assert not (waits & landed).any() and np.abs(position[landed][:, 1]).max(initial=0.0) < 1e-6
    assert generate_watercourses(data, num_trajectories=3, seed=0, num_frames=24) == data

    config = load_config(CONFIG)
    stage = dataclasses.replace(config.stages[0], steps=2, warmup=1, evaluate_every=2)
    config = dataclasses.replace(
        config,
        model=dataclasses.replace(config.model, latent=8, num_steps=1),
        data=SeededData(3, 0),
        training=dataclasses.replace(config.training, held_out=1),
        stages=(stage,),
    )
    whole = TrainingRun(config, data, tmp_path / "run")
    sampler = whole.stages[0].sampler
    for ours, theirs in zip(sampler.batch(3, 0), sampler.batch(3, 0), strict=True):
        np.testing.assert_array_equal(ours, theirs)  # so that a resume is exact
    batch = sampler.batch(3, 0)
    counts = batch.counts[:, 0]
    still = np.broadcast_to(batch.begins > 0, counts.shape)
    assert counts.any() and not (counts & still).any()
    row = whole.run()
    assert 0 <= row["agreement"] <= 1 and np.isfinite(row["loss"]) and row["left_out"] == 0

    path = tmp_path / "watercourse.safetensors"
    header = {"family": "watercourse", **whole.course.header()}
    save_weights(path, jax.device_get(whole.simulator()), header)
    simulator = build_simulator(header)
    assert simulator.parts == 2 and simulator.dt == 0.025 and simulator.dim == 3
    report = WatercourseJudge(scenes=1, steps=20).report(
        Candidate(whole.simulator(), path, tmp_path / "card", "A note.", lambda name: None)
    )
    assert report.numbers["num_lost"] == 0 and report.numbers["num_below"] == 0
    text = (tmp_path / "card" / "card.md").read_text()
    assert "A note." in text and (tmp_path / "card" / "landings.png").exists()
