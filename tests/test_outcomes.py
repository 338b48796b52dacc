"""Outcomes that a world adds: fixed numbers, names in files, and what nobody here knows."""

import pickle

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, AbstractSimulator, _results as results, rollout, solve
from invdesign._evaluation import Evaluation
from invdesign._results import as_code
from invdesign._solve import load_history
from invdesign.io._history import write_history
from invdesign.io._npz import read_npz, write_npz
from invdesign.optimizers import RandomSearch
from invdesign.spaces import Box

from .solve.toy import KEY, Bowl

NUMBER, MESSAGE = 8733, "The rod bent; push less."


@pytest.fixture(name="bent")
def _bent(monkeypatch):
    monkeypatch.setattr(results, "_ADDED", {})
    return RESULTS.add(NUMBER, "bent", MESSAGE)


class Bending(AbstractSimulator):
    """Bends in its third step."""

    dt: float = 1.0

    def init(self, scene):
        return (), scene

    def step(self, context, state):
        return state + 1, jnp.where(state < 2, 0, NUMBER).astype(jnp.int32)

    def observe(self, context, state):
        return state

    def grow(self, factor):
        raise ValueError("Nothing grows.")


class Bent(eqx.Module):
    """A problem whose every candidate bends."""

    task: Bowl
    steps_per_evaluation: int = 1
    gradient_cost: float = 1.0

    def evaluate(self, latent, *, order):
        code = jnp.asarray(NUMBER, jnp.int32)
        return Evaluation(latent.sum(), None, latent.sum(), jnp.zeros((0,)), None, code)

    def grow(self, factor):
        return self


def search(file, **options):
    problem = Bent(Bowl(Box(-jnp.ones(3), jnp.ones(3))))
    return solve(problem, RandomSearch(2), key=KEY, checkpoint=file, max_failures=2, **options)


def test_a_step_may_end_with_it(bent):
    assert RESULTS(NUMBER) is bent and bent == NUMBER and pickle.loads(pickle.dumps(bent)) is bent
    played = eqx.filter_jit(rollout)(Bending(), jnp.zeros(()), num_steps=5)
    assert played.result.dtype == as_code(bent).dtype and int(played.result) == bent
    with pytest.raises(RuntimeError, match=MESSAGE):
        rollout(Bending(), jnp.zeros(()), num_steps=5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((99, "torn", "It tore."), "number from 100 to 9999, got 99"),
        ((10_000, "torn", "It tore."), "got 10000"),
        ((True, "torn", "It tore."), "got True"),
        ((NUMBER, "torn", "It tore."), f"cannot take {NUMBER} for `torn`.*number of `bent`"),
        ((200, "bent", "It tore."), f"cannot take 200 for `bent`: {NUMBER} is"),
        ((200, "successful", "It tore."), "0 is the number of `successful`"),
        ((200, "it tore", "It tore."), "name that could be a variable's"),
        ((200, "torn", ""), "and a message"),
    ],
)
def test_a_clash_is_refused(bent, given, said):
    with pytest.raises(ValueError, match=said):
        RESULTS.add(*given)
    assert RESULTS.add(NUMBER, "bent", "Push less.") is bent and bent.message == "Push less."


def test_the_package_keeps_its_numbers():
    names = "successful capacity_exceeded nonfinite_state inner_solve_failed nonfinite_gradient"
    names += " reference_failed degenerate_grid negative_drag nonfinite_objective"
    names += " nonfinite_objective_gradient nonfinite_constraint"
    assert [member.name for member in RESULTS][:11] == names.split()
    assert [member.value for member in RESULTS] == list(range(len(RESULTS)))
    assert all(member.message.endswith(".") for member in RESULTS) and max(RESULTS) < 100


def test_files_hold_the_name_and_are_read_without_the_world(bent, tmp_path, monkeypatch):
    file = tmp_path / "solve.npz"
    first = search(file, max_steps=9)
    assert MESSAGE in first.reason and set(first.history["outcome"]) == {"bent"}
    path = write_history(tmp_path / "history.csv", first.history.rows())
    monkeypatch.setattr(results, "_ADDED", {})
    assert load_history(path)["outcome"].tolist() == ["bent", "bent"]
    again = search(file, max_steps=9)
    assert f"the code {NUMBER} (`bent`), which nothing that is imported here" in again.reason
    RESULTS.add(NUMBER, "molten", "It melted.")
    assert "(`bent`)" in search(file, max_steps=9).reason


def test_older_files_have_the_number_alone(bent, tmp_path):
    file = tmp_path / "solve.npz"
    whole = search(file, max_steps=1)
    arrays = read_npz(file)
    write_npz(file, **{name: array for name, array in arrays.items() if "outcome" not in name})
    resumed = search(file, max_steps=2)
    assert resumed.history["outcome"].tolist() == ["bent", "bent"]
    rows = [{k: v for k, v in row.items() if k != "outcome"} for row in whole.history.rows()]
    old = load_history(write_history(tmp_path / "history.csv", rows))
    np.testing.assert_array_equal(old["outcome"], ["bent"])


@pytest.mark.parametrize("name", ["", "2", "two words"])
def test_what_is_no_name_is_damage(bent, tmp_path, name):
    row = {**search(None, max_steps=1).history.rows()[0], "outcome": name}
    with pytest.raises(ValueError, match="damaged: the column `outcome` holds"):
        load_history(write_history(tmp_path / "history.csv", [row]))
