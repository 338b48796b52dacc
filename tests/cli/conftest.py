"""A task of a few particles, an untrained model, and one finished run for all to look at."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from invdesign.cli import app
from invdesign.families._registry import build_simulator
from invdesign.io import save_weights
from invdesign.simulators.particle._build import ModelConfig, hyperparameters
from invdesign.simulators.particle._features import Statistics

TASK = '''
"""Tiny: four links beneath a drop."""
from invdesign import BuildWater, Task, jittered_blocks
from invdesign.objectives import GaussianReward, RegionFraction
from invdesign.spaces import JointChain, common_slices


def tiny(num_conditions=1):
    blocks = {"center": (0.125, 0.12), "counts": (4, 4), "shift": 0.005, "speed": 0.1}
    return Task(
        name="tiny",
        space=JointChain(4, length=0.16, anchor=(0.125, 0.06), root=2, initial_parameters=-0.1),
        build=BuildWater(upper=(0.25, 0.25)),
        conditions=jittered_blocks(num_conditions, seed=0, **blocks),
        unseen=jittered_blocks(2, seed=1, **blocks),
        objective=GaussianReward((0.125, 0.1), (0.05, 0.05)),
        score=RegionFraction((0.05, 0.08), (0.2, 0.16)),
        num_steps=6,
        region=[[0.05, 0.08], [0.2, 0.16]],
        slices=common_slices(4, 0.6),
    )


task = tiny()
'''


@pytest.fixture(scope="session")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="session")
def tiny(place) -> str:
    """The task's `file.py:object`."""
    (place / "tiny.py").write_text(TASK)
    return f"{place / 'tiny.py'}:task"


@pytest.fixture(scope="session")
def weights(place) -> Path:
    """An untrained model, small enough to compile at once."""
    model = ModelConfig(8, 1, 1, True, 0.028, 0.04)
    header = hyperparameters(model, Statistics(1e-3, 1e-3, 1e-5, 1e-5), 0.01)
    path = place / "untrained.safetensors"
    save_weights(path, build_simulator(header), header)
    return path


@pytest.fixture(scope="session")
def invoke():
    """Runs `invdesign ...` in this process; its result has `exit_code`, `stdout` and `stderr`."""

    def run(*arguments):
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(scope="session")
def last_json():
    """The object on the last line of a result's stdout, in which NaN is an error."""

    def refuse(name):
        raise AssertionError(f"{name} in JSON")

    def read(result):
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1], parse_constant=refuse)

    return read


@pytest.fixture(scope="session")
def refused():
    """The one sentence on stderr of a command that ended with exit code 2."""

    def read(result):
        assert result.exit_code == 2, (result.stdout, result.stderr)
        lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        assert len(lines) == 1, result.stderr
        assert "Traceback" not in result.stderr
        assert result.stderr.splitlines()[-1] == lines[0]
        return lines[0]

    return read


@pytest.fixture(scope="session")
def finished(place, tiny, weights, invoke, last_json):
    """A finished run: its directory, and what `run --json` said."""
    out = place / "finished"
    said = invoke("run", tiny, "--model", weights, "--steps", 2, "--out", out, "--json")
    return out, last_json(said)
