"""Training: it learns, and a run that was stopped anywhere ends as one that was not."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import jax
import numpy as np
import pytest

from invdesign.io import load_model, read_npz
from invdesign.training import TrainingRun, build_simulator, load_config


def leaves(path):
    return list(read_npz(path / "state.npz").values())


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


def test_the_weights_make_a_simulator(data, config, tmp_path):
    run = TrainingRun(config, data, tmp_path / "run")
    run.run()
    loaded = load_model(tmp_path / "run" / "last.safetensors", build_simulator)
    same = jax.tree.map(np.array_equal, loaded.network, run.simulator().network)
    assert all(jax.tree.leaves(same))
    assert loaded.connectivity.radius == config.model.radius


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


@pytest.mark.slow
def test_a_killed_run_ends_as_one_that_was_not(data, config, tmp_path):
    program = textwrap.dedent(
        f"""
        import dataclasses, sys
        sys.path.insert(0, {str(os.getcwd())!r})
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "is not a TOML file"),
        ("name = 'x'", "lacks the key `model`"),
        ("name = 'x'\nwrong = 1", "unknown key `wrong`"),
        ("name = 'x'\n[model]\nlatent = 'a'", "lacks the key `num_steps`"),
    ],
)
def test_malformed_configurations_are_refused(tmp_path, text, message):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_config(path)
