"""Training on short rollouts: the loss, its gradient, and the second stage of a run."""

import dataclasses
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._rollout import rollout
from invdesign.families._registry import load_config
from invdesign.families.water._data import load_water, water_scene
from invdesign.io._resources import pretrained_dir
from invdesign.simulators.particle._build import build_network, make_simulator
from invdesign.training import TrainingRun
from invdesign.training.particle import UnrollConfig
from invdesign.training.particle._batches import Sampler
from invdesign.training.particle._course import scales
from invdesign.training.particle._loss import one_step_loss
from invdesign.training.particle._unroll import unrolled_loss, with_capacity
from invdesign.training.particle._windows import WindowSampler

RADIUS = 0.015
SCENE = partial(water_scene, obstacle_radius=RADIUS)
UNROLL = UnrollConfig(
    steps=4,
    frames=2,
    through_time=True,
    windows_per_batch=2,
    learning_rate=1e-3,
    final_learning_rate=1e-5,
    warmup=1,
    noise=0.0,
    position_noise=0.0,
    ema=0.9,
    evaluate_every=2,
)
LONGER = dataclasses.replace(UNROLL, steps=2, frames=3, position_noise=1e-4, growth=0.5)


@pytest.fixture(scope="module")
def setup(data, config):
    arrays, described = load_water(data)
    network = build_network(config.model, key=jax.random.key(1))
    simulator = make_simulator(network, config.model, scales(described), described["dt"])
    return arrays, described, simulator


def windows(setup, config, **changes):
    arrays, described, _ = setup
    unroll = dataclasses.replace(UNROLL, **changes)
    return WindowSampler(arrays, described, config.model, unroll, windows_per_batch=2, seed=0)


@eqx.filter_jit
def loss_of(simulator, batch):
    """One compilation for all tests of the same shapes."""
    return unrolled_loss(simulator, batch, scene=SCENE)


def in_double(tree):
    return jax.tree.map(lambda x: x.astype(np.float64) if eqx.is_inexact_array(x) else x, tree)


def test_windows_are_stretches_of_trajectories_and_depend_on_the_step_alone(setup, config):
    arrays = setup[0]
    sampler = windows(setup, config, frames=3)
    jax.tree.map(np.testing.assert_array_equal, sampler.batch(5, 0), sampler.batch(5, 0))
    batch = sampler.batch(6, 0)
    assert batch.positions.shape[:2] == (2, 3)
    path = np.concatenate([batch.position[:, None], batch.positions], axis=1)
    for found in path:
        starts = np.abs(arrays["position"] - found[0][None, None]).max(axis=(2, 3))
        trajectory, frame = np.unravel_index(starts.argmin(), starts.shape)
        truth = arrays["position"][trajectory, frame : frame + 4]
        np.testing.assert_array_equal(found, truth)


def test_windows_together_are_windows_one_by_one(setup, config, monkeypatch):
    """The way of a GPU and the way of a CPU, over one frame each."""
    batch = windows(setup, config, frames=1).batch(2, 0)
    one_by_one = loss_of(setup[2], batch)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    together = eqx.filter_jit(unrolled_loss)(setup[2], batch, scene=SCENE)
    np.testing.assert_allclose(together, one_by_one, rtol=1e-5)


def test_noise_shifts_positions_for_good_and_velocities_at_the_start(setup, config):
    quiet = windows(setup, config).batch(3, 0)
    noisy = windows(setup, config, noise=1e-4, position_noise=1e-3).batch(3, 0)
    shift = noisy.position - quiet.position
    np.testing.assert_allclose(
        noisy.positions - quiet.positions, shift[:, None] + 0 * quiet.positions, atol=1e-6
    )
    np.testing.assert_array_equal(quiet.velocities, noisy.velocities)
    assert 0.8e-3 < shift.std() < 1.2e-3
    assert 0.8e-2 < (noisy.velocity - quiet.velocity).std() < 1.2e-2  # m/s: 1e-4 m in 0.01 s


def test_windows_with_contact_are_those_in_which_water_feels_an_obstacle(setup, config):
    arrays, described, simulator = setup
    length = arrays["position"].shape[1]
    segments = np.full_like(arrays["segments"], -10.0)
    # An obstacle where one trajectory's first particle is in its last frame, and no other.
    segments[1, 0] = arrays["position"][1, -1, 0]
    data = {**arrays, "segments": segments}
    share = 1 / arrays["position"].shape[2]
    sampler = windows((data, described, simulator), config, frames=length - 2, contact=share)
    assert sampler.share_felt(1, 1) >= share and sampler.share_felt(0, 1) == 0
    drawn = [sampler.window(np.random.default_rng(i)).segments for i in range(10)]
    assert all(np.array_equal(each, segments[1]) for each in drawn)
    plain = windows((data, described, simulator), config, frames=length - 2)
    drawn = [plain.window(np.random.default_rng(i)).segments for i in range(10)]
    assert not all(np.array_equal(each, segments[1]) for each in drawn)


def test_a_window_longer_than_a_trajectory_is_refused(setup, config):
    with pytest.raises(ValueError, match="below the 9 frames of a trajectory, got 9"):
        windows(setup, config, frames=9)


def test_one_frame_is_the_one_step_loss(setup, config):
    """Two paths: packed graphs searched on the host, and the compiled rollout."""
    arrays, described, simulator = setup
    open_air = {**arrays, "segments": np.full_like(arrays["segments"], -10.0)}
    options = {"noise": 0.0, "position_noise": 0.0, "graphs_per_batch": 1, "seed": 0}
    sampler = Sampler(open_air, described, config.model, **options)
    # In free fall, where the sweep, which only a rollout does once more, changes nothing.
    window = windows((open_air, described, simulator), config, frames=1).batch(0, 0)
    trajectory = int(np.abs(arrays["position"][:, 0].min((1, 2)) - 0.5).argmin())
    first = jax.tree.map(
        lambda x: x[None],
        window._replace(
            position=arrays["position"][trajectory, 0],
            velocity=arrays["velocity"][trajectory, 0],
            segments=open_air["segments"][trajectory],
            positions=arrays["position"][trajectory, 1:2],
            velocities=arrays["velocity"][trajectory, 1:2],
        ),
    )
    truth = np.stack(
        [
            arrays["position"][trajectory, 1] - arrays["position"][trajectory, 0],
            described["dt"] * arrays["velocity"][trajectory, 1],
        ]
    )
    moment = sampler._graph(
        arrays["position"][trajectory, 0].astype(np.float64),
        described["dt"] * arrays["velocity"][trajectory, 0].astype(np.float64),
        truth.astype(np.float64),
        sampler.obstacles[trajectory],
    )
    packed = eqx.filter_jit(one_step_loss)(
        simulator.network,
        sampler._pack([moment]),
        model=config.model,
        statistics=simulator.statistics,
        gravity=tuple(described["gravity"]),
    )
    rolled, left_out = loss_of(simulator, first)
    assert float(left_out) == 0.0
    np.testing.assert_allclose(float(rolled), float(packed), rtol=1e-3)


@pytest.mark.slow  # compiles for long
def test_gradient_agrees_with_finite_differences(setup, config):
    with jax.enable_x64():
        simulator = in_double(jax.device_get(setup[2]))
        batch = in_double(windows(setup, config, frames=3, growth=4.0).batch(1, 0))
        start, static = eqx.partition(simulator.network, eqx.is_inexact_array)
        rng = np.random.default_rng(0)
        along = jax.tree.map(lambda x: jnp.asarray(rng.normal(size=x.shape)), start)

        @jax.jit
        def loss(t):
            network = eqx.combine(jax.tree.map(lambda x, d: x + t * d, start, along), static)
            moving = eqx.tree_at(lambda s: s.network, simulator, network)
            return unrolled_loss(moving, batch, scene=SCENE, growth=4.0)[0]

        slope = float(jax.grad(loss)(0.0))
        step = 1e-6
        expected = float(loss(step) - loss(-step)) / (2 * step)
        assert abs(slope) > 1e-3
        np.testing.assert_allclose(slope, expected, rtol=1e-5)


@pytest.mark.slow  # compiles for long
def test_without_time_only_the_gradient_changes(setup, config):
    batch, simulator = windows(setup, config, frames=3).batch(1, 0), setup[2]

    def value(network, through_time):
        moving = eqx.tree_at(lambda s: s.network, simulator, network)
        return unrolled_loss(moving, batch, scene=SCENE, through_time=through_time)[0]

    full, cut = (jax.value_and_grad(value)(simulator.network, t) for t in (True, False))
    np.testing.assert_allclose(full[0], cut[0], rtol=1e-6)
    difference = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), full[1], cut[1])
    assert max(jax.tree.leaves(difference)) > 1e-4


@pytest.mark.slow  # compiles for long
def test_growth_is_that_of_a_second_rollout_beside_the_first(setup, config):
    sampler = windows(setup, config, frames=4, growth=1.0)
    batch, simulator = sampler.batch(1, 0), setup[2]
    wild = eqx.tree_at(lambda s: s.statistics.velocity_change, simulator, 0.1)  # amplifies
    values = [
        float(unrolled_loss(wild, batch, scene=SCENE, growth=weight)[0]) for weight in (0.0, 3.0)
    ]
    squares = []
    for i in range(2):
        found = []
        for size in (0.0, 3e-5):
            sample = {
                "position": batch.position[i] + size * batch.probe[i, 0],
                "velocity": batch.velocity[i] + size * batch.probe[i, 1] / sampler.dt,
                "segments": batch.segments[i],
            }
            frames = rollout(wild, water_scene(sample, RADIUS), num_steps=4).frames
            found.append(np.concatenate([frames.position, sampler.dt * frames.velocity], axis=1))
        apart = np.linalg.norm(found[1] - found[0], axis=(1, 2))
        squares.append(np.log(apart[3] / apart[1]) ** 2)
    assert np.mean(squares) > 0.1
    np.testing.assert_allclose(values[1] - values[0], 3.0 * np.mean(squares), rtol=0.02)


@pytest.mark.slow  # compiles for long
def test_windows_that_do_not_fit_are_left_out_whole(setup, config):
    batch, simulator = windows(setup, config).batch(0, 0), setup[2]
    loss, left_out = loss_of(simulator, batch)
    twice = jax.tree.map(lambda x: np.stack([x[0], x[0]]), batch)
    alone, _ = loss_of(simulator, twice)
    # Crowd the second window until its edges no longer fit.
    squeezed = batch.position.copy()
    squeezed[1] = 0.5 + 0.02 * (squeezed[1] - 0.5)
    crowded = batch._replace(position=squeezed)
    rest, share = loss_of(simulator, crowded)
    assert float(left_out) == 0.0 and float(share) == 0.5
    np.testing.assert_allclose(float(rest), float(alone), rtol=1e-5)
    assert abs(float(loss) - float(alone)) > 1e-3
    none, share = loss_of(with_capacity(simulator, 0.1), batch)
    assert float(none) == 0.0 and float(share) == 1.0


def test_the_capacity_holds_what_the_sampler_draws(setup, config):
    sampler = windows(setup, config)
    simulator = with_capacity(setup[2], sampler.edges_per_node)
    _, left_out = loss_of(simulator, sampler.batch(2, 0))
    assert float(left_out) == 0.0


@pytest.mark.slow  # compiles for long
def test_all_stages_resume_exactly(data, config, tmp_path):
    """Straight through; or one frame a step only, then with stages of rollouts, stopped twice."""
    both = dataclasses.replace(config, stages=(*config.stages, UNROLL, LONGER))
    straight = TrainingRun(both, data, tmp_path / "straight")
    straight.run()
    TrainingRun(config, data, tmp_path / "parts").run()
    for until in (8, 10, None):
        resumed = TrainingRun(both, data, tmp_path / "parts")
        resumed.stages = straight.stages  # compiled already
        assert int(resumed.state.step) == {8: 6, 10: 8, None: 10}[until]
        resumed.run(until=until)
    assert int(resumed.state.step) == both.num_steps == 12
    with pytest.raises(ValueError, match="another configuration"):
        TrainingRun(config, data, tmp_path / "parts")
    for a, b in zip(jax.tree.leaves(straight.state), jax.tree.leaves(resumed.state), strict=True):
        np.testing.assert_array_equal(a, b)
    rows = [[{**row, "seconds": 0} for row in run.rows] for run in (straight, resumed)]
    assert rows[0] == rows[1]
    assert [row["step"] for row in straight.rows] == [3, 6, 8, 10, 12]


def test_stages_of_rollouts_are_optional_and_checked(tmp_path):
    shipped = pretrained_dir() / "configs" / "water2d-open.toml"
    both = load_config(shipped)
    assert len(both.stages) > 1 and both.num_steps == sum(stage.steps for stage in both.stages)
    text = shipped.read_text()
    path = tmp_path / "config.toml"
    path.write_text(text[: text.index("[[unroll]]")])
    one = load_config(path)
    assert one.stages == both.stages[:1] and one.num_steps == one.stages[0].steps
    path.write_text(text + "\nhorizon = 3\n")
    with pytest.raises(ValueError, match=r"unknown key `unroll\.horizon`"):
        load_config(path)
    path.write_text(text.replace("[[unroll]]", "[unroll]", 1))
    with pytest.raises(ValueError, match=r"write `\[\[unroll\]\]`|not a TOML file"):
        load_config(path)


def test_a_weight_that_would_not_count_is_refused(data, config, tmp_path):
    flows = dataclasses.replace(UNROLL, flow=1.0)
    both = dataclasses.replace(config, stages=(*config.stages, flows))
    with pytest.raises(ValueError, match=r"`unroll\.flow` does not count in this family"):
        TrainingRun(both, data, tmp_path / "flow")
    with pytest.raises(ValueError, match=r"`unroll\.growth` does not count"):
        LONGER.lacks("growth")
    LONGER.lacks("flow")


def test_a_folder_of_an_older_format_is_refused(data, config, tmp_path):
    (tmp_path / "config.json").write_text('{"config": {"name": "test"}, "data": {}}')
    with pytest.raises(ValueError, match="another configuration"):
        TrainingRun(config, data, tmp_path)
