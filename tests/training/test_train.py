"""Training: it learns, and a run that was stopped anywhere ends as one that was not."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import equinox as eqx
import jax
import numpy as np
import pytest

from invdesign.families._registry import build_simulator, load_config
from invdesign.families.water._data import load_water
from invdesign.io import load_model
from invdesign.io._npz import read_npz
from invdesign.io._resources import pretrained_dir
from invdesign.simulators import PlainNetwork
from invdesign.simulators.particle._build import build_network, hyperparameters, make_simulator
from invdesign.simulators.particle._features import Statistics
from invdesign.training import TrainingRun
from invdesign.training.particle import UnrollConfig
from invdesign.training.particle._course import scales


def leaves(path):
    stored = read_npz(path / "state.npz")
    return [array for name, array in stored.items() if name != "metrics"]  # these hold seconds


def test_stopping_and_going_on_changes_nothing(data, config, tmp_path):
    straight = TrainingRun(config, data, tmp_path / "straight")
    straight.run()
    TrainingRun(config, data, tmp_path / "parts").run(until=3)
    resumed = TrainingRun(config, data, tmp_path / "parts")
    assert int(resumed.state.step) == 3
    resumed.run()
    for a, b in zip(leaves(tmp_path / "straight"), leaves(tmp_path / "parts"), strict=True):
        np.testing.assert_array_equal(a, b)
    one, two = straight.rows, resumed.rows
    assert [{**r, "seconds": 0} for r in one] == [{**r, "seconds": 0} for r in two]
    best = [(tmp_path / n / "best.safetensors").read_bytes() for n in ("straight", "parts")]
    assert best[0] == best[1]


def test_state_and_metrics_agree_whenever_the_process_dies(data, config, tmp_path):
    """Killed between the two files, the rows are those of the state."""
    run = TrainingRun(config, data, tmp_path / "run")
    run.run(until=3)
    earlier = (tmp_path / "run" / "metrics.csv").read_text()
    run.run()
    (tmp_path / "run" / "metrics.csv").write_text(earlier)
    assert TrainingRun(config, data, tmp_path / "run").rows == run.rows


def test_states_lie_where_an_update_leaves_them(data, config, tmp_path):
    """Else the update is compiled anew for them: when a run begins, and after a judgment."""
    run = TrainingRun(config, data, tmp_path / "run")
    begun = run.state
    run.run()
    stored = TrainingRun(config, data, tmp_path / "run").state
    updated, _ = run.stage(0).update(stored, run._batch(0))
    judged = run.state
    for state in (begun, judged):
        for a, b in zip(jax.tree.leaves(state), jax.tree.leaves(updated), strict=True):
            assert a.sharding == b.sharding


def test_the_weights_make_a_simulator(data, config, tmp_path):
    run = TrainingRun(config, data, tmp_path / "run")
    run.run()
    loaded = load_model(tmp_path / "run" / "last.safetensors", build_simulator)
    same = jax.tree.map(np.array_equal, loaded.network, run.simulator().network)
    assert all(jax.tree.leaves(same))
    assert loaded.connectivity.radius == config.model.radius
    # A program compiled for loaded weights serves these, too.
    places = {each.sharding for each in jax.tree.leaves(run.simulator()) if eqx.is_array(each)}
    assert places == {jax.numpy.zeros(1).sharding}


@pytest.mark.slow  # compiles for long
def test_a_plain_network_is_a_configuration(data, config, tmp_path):
    model = dataclasses.replace(config.model, symmetric=False)
    run = TrainingRun(dataclasses.replace(config, model=model), data, tmp_path / "run")
    run.run(until=3)
    loaded = load_model(tmp_path / "run" / "last.safetensors", build_simulator)
    assert isinstance(loaded.network, PlainNetwork)


@pytest.mark.slow  # compiles for long
def test_it_learns(data, longer, tmp_path):
    run = TrainingRun(longer, data, tmp_path / "run")
    before = run.stage(0).update(run.state, run._batch(0))[1][0]
    run = TrainingRun(longer, data, tmp_path / "again")
    run.run()
    after = run.stage(0).update(run.state, run._batch(0))[1][0]
    assert float(after) < 0.9 * float(before)


def test_another_configuration_is_refused(data, config, longer, tmp_path):
    TrainingRun(config, data, tmp_path / "run")
    with pytest.raises(ValueError, match="another configuration"):
        TrainingRun(longer, data, tmp_path / "run")


@pytest.mark.slow  # compiles for long
def test_a_run_begins_with_the_model_it_starts_from(data, config, tmp_path):
    unroll = UnrollConfig(
        steps=1,
        frames=2,
        through_time=True,
        windows_per_batch=1,
        learning_rate=1e-3,
        final_learning_rate=1e-5,
        warmup=0,
        noise=0.0,
        position_noise=0.0,
        ema=0.9,
        evaluate_every=1,
    )
    onward = dataclasses.replace(config, stages=(unroll,), start="tiny", name="next")
    _, described = load_water(data)
    units = dataclasses.replace(scales(described), velocity_change=2e-3)
    network = build_network(config.model, key=jax.random.key(7))
    start = make_simulator(network, config.model, units, described["dt"])
    run = TrainingRun(onward, data, tmp_path / "run", start=start)
    assert run.simulator().statistics == units  # not the data's
    same = jax.tree.map(np.array_equal, run.state.network, network)
    assert all(jax.tree.leaves(same))
    run.run()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(start.network))  # not donated
    other = eqx.tree_at(lambda s: s.network.pair_nodes, start, 2 * network.pair_nodes)
    with pytest.raises(ValueError, match="another configuration"):
        TrainingRun(onward, data, tmp_path / "run", start=other)
    wide = dataclasses.replace(config.model, latent=16)
    with pytest.raises(ValueError, match="start of its own size"):
        TrainingRun(dataclasses.replace(onward, model=wide), data, tmp_path / "w", start=start)


@pytest.mark.slow
def test_a_killed_run_ends_as_one_that_was_not(data, config, tmp_path):
    program = textwrap.dedent(
        f"""
        import dataclasses, sys
        sys.path.insert(0, {str(os.getcwd())!r})
        from invdesign.simulators import PlainNetwork
from invdesign.training import TrainingRun
        from invdesign.training._config import *
        config = {config!r}
        import invdesign.training._train as train
        train._SAVE_SECONDS, train._LOG_EVERY = 0.0, 1
        TrainingRun(config, {str(data)!r}, sys.argv[1]).run()
        """
    )
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}

    def start(name):
        command = [sys.executable, "-c", program, str(tmp_path / name)]
        return subprocess.Popen(command, env=environment)

    assert start("whole").wait() == 0
    state = tmp_path / "killed" / "state.npz"
    for _ in range(2):
        before = state.stat().st_mtime_ns if state.exists() else 0
        process = start("killed")
        while process.poll() is None and not (state.exists() and state.stat().st_mtime_ns > before):
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start("killed").wait() == 0
    for a, b in zip(leaves(tmp_path / "whole"), leaves(tmp_path / "killed"), strict=True):
        np.testing.assert_array_equal(a, b)


COMMON = """
name = "x"
family = "water"
[model]
latent = 8
num_steps = 1
depth = 1
normalize = true
radius = 0.028
reach = 0.04
[data]
num_trajectories = 3
seed = 4
clutter = 0.0
[training]
clip = 1.0
seed = 0
held_out = 1
"""
UNROLL = """
[[unroll]]
steps = 1
frames = 2
through_time = true
windows_per_batch = 1
learning_rate = 1e-3
final_learning_rate = 1e-5
warmup = 0
noise = 0.0
position_noise = 0.0
ema = 0.9
evaluate_every = 1
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "is not a TOML file"),
        ("name = 'x'", 'needs `family` to be one of "water", "airfoil", "balls", "ela'),
        ("name = 'x'\nfamily = 'water'", "lacks the key `model`"),
        ("name = 'x'\nkind = 'water'\nwrong = 1", "unknown key `wrong`"),
        ("name = 'x'\nfamily = 'water'\n[model]\nlatent = 'a'", "lacks the key `num_steps`"),
        (COMMON, "needs a stage to train"),
        (f"{COMMON}{UNROLL}", "needs `start`, a model to go on from, or a table `one_step`"),
    ],
)
def test_malformed_configurations_are_refused(tmp_path, text, message):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_config(path)


@pytest.mark.parametrize(
    ("was", "now", "at"),
    [
        ("latent = 64", "latent = 0", "model.latent"),
        ("depth = 1", "depth = 1000000", "model.depth"),
        ("num_trajectories = 800", "num_trajectories = -1", "data.num_trajectories"),
        ("held_out = 16", "held_out = 0", "training.held_out"),
        ("learning_rate = 1e-3", "learning_rate = -1e-3", "one_step.learning_rate"),
        ("ema = 0.999\n", "ema = 1.0\n", "one_step.ema"),
    ],
)
def test_settings_out_of_their_range_are_refused(tmp_path, was, now, at):
    text = (pretrained_dir() / "configs" / "water2d-open.toml").read_text()
    assert was in text
    path = tmp_path / "bad.toml"
    path.write_text(text.replace(was, now, 1))
    with pytest.raises(ValueError, match=rf"bad\.toml`: at `\$\.{at}`: expected"):
        load_config(path)


def test_a_header_of_absurd_size_is_refused(config):
    header = hyperparameters(config.model, Statistics(1e-3, 1e-3, 1e-5, 1e-5), 0.01)
    header["model"]["num_steps"] = 10**9
    with pytest.raises(ValueError, match=r"`\$\.model\.num_steps`: expected `int` <= 1000"):
        build_simulator(header)
