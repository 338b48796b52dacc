"""`modes-cmaes` by its name: smooth shapes where parameters have places."""

import dataclasses

import pytest

from invdesign.optimizers import CMAES, Coupled, FeasibleFirst, InModes, Then
from invdesign.studies import RunConfig, resolve
from invdesign.studies._optimizers import Effort, contestant, default_budget


def searching(task, **options):
    chosen = resolve(RunConfig(task=task, optimizer="modes-cmaes", **options))
    return chosen.player().optimizer, chosen.task.space


def test_heights_and_joints_have_smooth_shapes():
    optimizer, space = searching("watercourse-direction-lite", population=7)
    assert isinstance(optimizer, InModes) and isinstance(optimizer.optimizer, CMAES)
    assert optimizer.modes.shape == (space.size, 64) and optimizer.optimizer.population == 7
    optimizer, space = searching("contain-lite", simulator="reference")
    assert isinstance(optimizer, FeasibleFirst) and isinstance(optimizer.optimizer, InModes)


def test_designs_are_sums_of_shapes_whatever_noise_a_start_has():
    optimizer, space = searching("watercourse-direction-lite")
    assert (optimizer.middle == space.initial()).all()


def test_tasks_whose_values_have_valleys_are_sampled_and_then_descended_by_default():
    for name, usual in (("pools-2", "modes-cmaes-adam"), ("direction", "coupled-adam")):
        assert resolve(RunConfig(task=f"watercourse-{name}-lite")).optimizer == usual
    chosen = resolve(RunConfig(task="watercourse-pools-2"))
    problem, optimizer = chosen.problem, chosen.player().optimizer
    assert isinstance(optimizer, Then) and optimizer.lightly and problem.lighter is not None
    assert isinstance(optimizer.first, InModes) and isinstance(optimizer.second, Coupled)
    # Half of the budget each: 16 candidates of 70 frames at a tenth of the cost, 48 times.
    assert optimizer.steps == 48
    left = default_budget(problem) - 48 * 16 * 70 * 0.1
    assert left // (5 * 80) == 13
    without = dataclasses.replace(problem, lighter=None)
    few = contestant("modes-cmaes-adam", without, Effort(steps=10)).optimizer
    assert isinstance(few, Then) and not few.lightly and few.steps == 5


def test_a_task_with_a_lighter_version_is_searched_there_first():
    optimizer, _ = searching("watercourse-pools-2")
    assert isinstance(optimizer, Then) and optimizer.lightly and optimizer.steps == 80
    assert all(isinstance(part, InModes) for part in (optimizer.first, optimizer.second))
    plain = contestant("cmaes", resolve(RunConfig(task="watercourse-pools-2")).problem, Effort())
    assert isinstance(plain.optimizer, CMAES)


def test_refuses_parameters_without_neighbors():
    chosen = resolve(RunConfig(task="ks-steer"))
    with pytest.raises(ValueError, match=r"`modes-cmaes` needs parameters that have neighbors.*ks"):
        contestant("modes-cmaes", chosen.problem, chosen.effort)
