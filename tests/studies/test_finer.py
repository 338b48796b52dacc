"""The score of a run's champion at twice the resolution, where it is not too dear."""

import jax
import numpy as np
import pytest

from invdesign.optimizers import Adam
from invdesign.reference import AbstractReference, Simulated
from invdesign.studies import run_design
from invdesign.studies._finer import fine_score

from .bowl import PROBLEM, TASK, Still

LATENT = TASK.space.initial()
SPENT = {"search": (60.0, 5.0), "scores": (4.0, 1.0), "verification": (3.0, 1.0)}


class Fine(AbstractReference):
    """A bowl that lies a little elsewhere for those who look closer."""

    finer: float = 0.0

    def trajectories(self, scenes, *, num_steps):
        return Simulated(Still(offset=self.finer)).trajectories(scenes, num_steps=num_steps)

    @property
    def dt(self):
        return 0.1

    def refined(self, factor):
        return Fine(0.1 * factor)


def asked(reference, wanted, spent=SPENT):
    phases = []
    found = fine_score(LATENT, TASK, reference, wanted=wanted, spent=spent, phase=phases.append)
    return (*found, phases)


def test_a_finer_solver_has_its_own_score():
    numbers, said, phases = asked(Fine(), None)
    # Two steps of 0.2 on the way from -2.5 to the bowl's middle, on both conditions.
    expected = 1 / (1 + 2 * 2.1**2)
    assert numbers["fine_score_mean"] == pytest.approx(expected, rel=1e-4)
    assert numbers["fine_score_std"] == 0 and len(numbers["fine_scores"]) == 2
    assert said == [] and phases == ["verification at twice the resolution, about 16 s"]


def test_what_would_double_the_waiting_is_left_out_and_said():
    short = {**SPENT, "search": (5.0, 0.0)}
    numbers, said, phases = asked(Fine(), None, short)
    assert numbers == {} and phases == [] and "about 16 s, longer than all before" in said[0]
    assert asked(Fine(), True, short)[0]
    assert asked(Fine(), False) == ({}, [], [])
    assert asked(None, True) == ({}, [], [])


def test_a_solver_without_a_finer_one():
    assert asked(Simulated(Still()), None) == ({}, [], [])
    numbers, said, _ = asked(Simulated(Still()), True)
    assert numbers == {} and "cannot be made finer" in said[0]


def test_scores_of_the_solver_itself_are_two_verifications():
    own = {"search": (60.0, 5.0), "scores": (5.0, 1.0), "verification": (1e-4, 0.0)}
    assert asked(Fine(), None, own)[2] == ["verification at twice the resolution, about 16 s"]


def test_a_run_holds_it(tmp_path):
    given = {"task": "bowl", "optimizer": "adam", "seed": 0, "simulator": "learned"}

    def run(folder, **options):
        return run_design(
            tmp_path / folder, given, PROBLEM, Adam(0.3), reference=Fine(), key=jax.random.key(0),
            max_steps=3, pictures=False, **options,
        )  # fmt: skip

    plain, both = run("plain"), run("both", finer=True)
    assert "fine_score_mean" not in plain
    assert plain["reference_score_mean"] == both["reference_score_mean"]
    assert np.isfinite(both["fine_score_mean"])
    assert both["fine_score_mean"] > both["reference_score_mean"]
    assert both["seconds_by_phase"].keys() - plain["seconds_by_phase"].keys() == {
        "finer verification"
    }
    assert run("both") == both  # reported again
