"""Training on elastic strips: it learns, resumes exactly, and its weights load."""

import dataclasses

import equinox as eqx
import jax
import numpy as np
import pytest

from invdesign import rollout
from invdesign.families._registry import build_simulator, load_config
from invdesign.families.airfoil.family import AIRFOIL
from invdesign.families.elastic._data import generate_elastic, load_elastic
from invdesign.families.elastic._strips import RandomStrips
from invdesign.families.water.family import WATER
from invdesign.io import load_model
from invdesign.scenes import NodeKind, elastic_scene
from invdesign.simulators import SpringSimulator
from invdesign.simulators.mesh._build_springs import (
    USUAL_RANGES,
    build_elastic_network,
    elastic_header,
    make_elastic_simulator,
)
from invdesign.studies._resolve import load_simulator
from invdesign.training import TrainingRun
from invdesign.training.mesh import TransientUnrollConfig
from invdesign.training.mesh._springs_course import in_flight, position_errors
from invdesign.training.mesh._springs_samples import (
    FrameSampler,
    SpringSamples,
    all_samples,
    frame_loss,
    measured_statistics,
)
from invdesign.training.mesh._springs_windows import SpringWindowSampler, window_loss

CONFIG = """
name = "tiny"
family = "elastic"

[model]
latent = 8
num_steps = 2
depth = 1
radius = 0.06

[data]
num_trajectories = 4
seed = 0

[training]
clip = 1.0
seed = 0
held_out = 1

[transient]
steps = 4
graphs_per_batch = 2
learning_rate = 1e-3
final_learning_rate = 1e-5
warmup = 1
noise = 1e-4
gamma = 0.1
ema = 0.9
evaluate_every = 2
"""
UNROLL = """
[[unroll]]
steps = 2
frames = 3
graphs_per_batch = 2
learning_rate = 1e-3
final_learning_rate = 1e-5
warmup = 1
noise = 0.0
ema = 0.9
evaluate_every = 2
"""
STRIPS = RandomStrips(num_along=4, num_across=2, num_rim=5, radius=0.05)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("strips") / "data"
    return generate_elastic(out, num_trajectories=4, seed=0, num_steps=6, strips=STRIPS)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(CONFIG)
    return load_config(path)


@pytest.mark.slow  # compiles for long
def test_it_resumes_exactly_and_its_weights_load(data, config, longer, tmp_path):
    straight = TrainingRun(longer, data, tmp_path / "straight")
    straight.run()
    TrainingRun(config, data, tmp_path / "parts").run(until=4)
    parts = TrainingRun(longer, data, tmp_path / "parts")
    assert int(parts.state.step) == 4
    parts.run()
    for one, other in zip(
        jax.tree.leaves(straight.state), jax.tree.leaves(parts.state), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    last = straight.rows[-1]
    assert 0 <= last["skill"] < 1 and last["position_error"] > 0 and last["left_out"] == 0
    path = str(tmp_path / "straight" / "last.safetensors")
    loaded = load_model(path, build_simulator)
    assert isinstance(loaded, SpringSimulator)
    scene = elastic_scene(STRIPS.sample(np.random.default_rng(5)))
    play = jax.jit(lambda simulator: rollout(simulator, scene, num_steps=2, throw=False).frames)
    ours, theirs = (play(simulator) for simulator in (loaded, straight.simulator()))
    np.testing.assert_array_equal(ours.position, theirs.position)
    for family in (WATER, AIRFOIL):
        with pytest.raises(
            ValueError, match=f"model of elastic bodies; this needs one of {family.subject}"
        ):
            load_simulator(str(path), family)


def test_data_go_on_where_they_stopped_and_say_what_they_are(data, tmp_path):
    arrays, described = load_elastic(data)
    assert arrays["positions"].shape == (4, 7, 13, 2) and described["dt"] == 0.005
    generate_elastic(data, num_trajectories=4, seed=0, num_steps=6, strips=STRIPS)
    with pytest.raises(ValueError, match="seed 0, wanted 1"):
        generate_elastic(data, num_trajectories=4, seed=1, num_steps=6, strips=STRIPS)
    with pytest.raises(ValueError, match="at least one simulation, got 0"):
        generate_elastic(tmp_path / "none", num_trajectories=0, seed=0)
    (tmp_path / "metadata.json").write_text("{}")
    with pytest.raises(ValueError, match="missing required field"):
        load_elastic(tmp_path)


def test_a_true_acceleration_leads_to_the_next_positions(data, config):
    arrays, described = load_elastic(data)
    dt, gravity = described["dt"], np.array([0.0, -9.81])
    samples = all_samples(arrays, dt)
    free = (arrays["kind"] == NodeKind.FREE)[:, None, :, None]
    velocity = samples.velocity + dt * (samples.acceleration + gravity)
    found = np.where(free, samples.position + dt * velocity, arrays["positions"][:, 1:])
    np.testing.assert_allclose(found, arrays["positions"][:, 1:], atol=1e-6)
    # Noise that the next positions make up for wholly, or the next velocities.
    after = arrays["positions"][:, 1:]
    for gamma in (0.0, 1.0):
        stage = dataclasses.replace(config.stages[0], noise=1e-3, gamma=gamma)
        sampler = FrameSampler(samples, stage, dt=dt, number=3, seed=0)
        batch = sampler.batch(0, 0)
        rng = np.random.default_rng([0, 0, 0])
        where = rng.integers(4, size=3), rng.integers(6, size=3)
        own = free[where[0], 0]
        noise = batch.position - samples.position[where]
        assert np.abs(noise[np.broadcast_to(own, noise.shape)]).min() > 0
        assert not noise[~np.broadcast_to(own, noise.shape)].any()
        velocity = batch.velocity + dt * (batch.acceleration + gravity)
        if gamma:
            np.testing.assert_allclose(
                np.where(own, batch.position + dt * velocity - after[where], 0), 0, atol=1e-6
            )
        else:
            true = (after - samples.position)[where] / dt
            np.testing.assert_allclose(np.where(own, velocity - true, 0), 0, atol=1e-3)


@pytest.fixture
def longer(tmp_path):
    path = tmp_path / "longer.toml"
    path.write_text(CONFIG + UNROLL)
    return load_config(path)


def stretches(data, longer, **changes):
    arrays, described = load_elastic(data)
    stage = dataclasses.replace(longer.stages[1], **changes)
    assert isinstance(stage, TransientUnrollConfig)
    samples, positions = all_samples(arrays, described["dt"]), arrays["positions"]
    return samples, SpringWindowSampler(
        samples, stage, positions=positions, dt=described["dt"], number=2, seed=0
    )


def test_windows_are_stretches_that_noise_moves_at_the_start(data, longer):
    samples, sampler = stretches(data, longer)
    batch = sampler.batch(6, 0)
    jax.tree.map(np.testing.assert_array_equal, batch, sampler.batch(6, 0))
    assert batch.positions.shape == (2, 3, 13, 2)
    for index, start in enumerate(batch.scene["position"]):
        off = np.abs(samples.position - start).max(axis=(2, 3))
        trajectory, frame = np.unravel_index(off.argmin(), off.shape)
        assert off.min() == 0
        positions = load_elastic(data)[0]["positions"][trajectory]
        np.testing.assert_array_equal(batch.positions[index], positions[frame + 1 : frame + 4])
        for key in ("rest", "edges", "kind"):
            np.testing.assert_array_equal(
                batch.scene[key][index], samples.scene[key][trajectory], key
            )
    noisy = stretches(data, longer, noise=1e-3)[1].batch(6, 0)
    np.testing.assert_array_equal(noisy.positions, batch.positions)
    free = (batch.scene["kind"] == NodeKind.FREE)[:, :, None]
    moved, pushed = (noisy.scene[key] - batch.scene[key] for key in ("position", "velocity"))
    assert np.abs(moved[np.broadcast_to(free, moved.shape)]).min() > 0
    assert not np.where(free, 0, moved).any()
    np.testing.assert_allclose(pushed, moved / 0.005, atol=1e-4)
    with pytest.raises(ValueError, match="below the 7 frames of a trajectory, got 7"):
        stretches(data, longer, frames=7)


def test_a_rollout_of_one_frame_errs_as_the_frame_does_twice(data, longer):
    """Its position and its velocity are off by the same, in the units of the loss."""
    samples, sampler = stretches(data, longer, frames=1)
    model = build_elastic_network(longer.model, key=jax.random.key(1))
    header = elastic_header(longer.model, spacing=0.05, dt=0.005, ranges=USUAL_RANGES)
    simulator = make_elastic_simulator(model, measured_statistics(samples), header)
    windows = sampler.batch(0, 0)
    rng = np.random.default_rng([0, 0, 0])
    where = rng.integers(4, size=2), rng.integers(6, size=2)
    scene = {key: values[where[0]] for key, values in samples.scene.items()}
    frames = SpringSamples(scene, *(x[where] for x in samples[1:]))
    loss, left_out = eqx.filter_jit(window_loss)(simulator, windows)
    once, _ = eqx.filter_jit(frame_loss)(simulator, frames)
    np.testing.assert_allclose(loss, 2 * once, rtol=1e-3)
    assert left_out == 0


def test_rollouts_go_on_from_single_frames(config, longer):
    assert longer.goes_on_from(config.as_dict()) and not config.goes_on_from(longer.as_dict())
    assert [type(stage).__name__ for stage in longer.stages] == [
        "TransientConfig",
        "TransientUnrollConfig",
    ]


def test_free_flight_is_the_parabola():
    sample = STRIPS.sample(np.random.default_rng(0))
    sample["kind"][:] = NodeKind.FREE
    time = 0.005 * np.arange(1, 4)[:, None, None]
    flight = sample["position"] + time * sample["velocity"] + 0.5 * time**2 * sample["gravity"]
    positions = np.concatenate([sample["position"][None], flight])
    judged = {key: value[None] for key, value in {**sample, "positions": positions}.items()}
    assert position_errors(in_flight(0.005), judged).max() < 1e-7


def test_what_cannot_be_trained_is_refused(data, config, tmp_path):
    training = dataclasses.replace(config.training, held_out=4)
    with pytest.raises(ValueError, match="`held_out` has to leave"):
        TrainingRun(dataclasses.replace(config, training=training), data, tmp_path / "run")
    with pytest.raises(ValueError, match="starts from fresh weights and one data set"):
        TrainingRun(config, data, tmp_path / "run", further=[data])
    bad = tmp_path / "bad.toml"
    bad.write_text(CONFIG.split("[transient]", 1)[0])
    with pytest.raises(ValueError, match="a table `transient`"):
        load_config(bad)
    bad.write_text(CONFIG.replace("gamma = 0.1\n", ""))
    with pytest.raises(ValueError, match="lacks the key `gamma`"):
        load_config(bad)


@pytest.mark.slow  # some hundred updates
def test_it_learns(tmp_path, config):
    data = generate_elastic(tmp_path / "data", num_trajectories=20, seed=0, num_steps=40)
    stage = dataclasses.replace(
        config.stages[0], steps=400, learning_rate=3e-3, warmup=20, evaluate_every=400
    )
    model = dataclasses.replace(config.model, latent=16)
    training = dataclasses.replace(config.training, held_out=4)
    config = dataclasses.replace(config, model=model, stages=(stage,), training=training)
    run = TrainingRun(config, data, tmp_path / "run")
    run.run()
    losses = [row["loss"] for row in run.rows]
    assert losses[-1] < 0.8 * losses[0]
    assert run.rows[-1]["skill"] > 0.3
