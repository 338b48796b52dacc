"""`modes-cmaes` by its name: smooth shapes where parameters have places."""

import pytest

from invdesign.optimizers import CMAES, FeasibleFirst, InModes, Then
from invdesign.studies import RunConfig, resolve
from invdesign.studies._optimizers import Effort, contestant


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


def test_tasks_whose_values_have_valleys_are_sampled_by_default():
    for name, usual in (("pools-2", "modes-cmaes"), ("direction", "coupled-adam")):
        assert resolve(RunConfig(task=f"watercourse-{name}-lite")).optimizer == usual


def test_a_task_with_a_lighter_version_is_searched_there_first():
    optimizer, _ = searching("watercourse-pools-2")
    assert isinstance(optimizer, Then) and optimizer.lightly and optimizer.steps == 40
    assert all(isinstance(part, InModes) for part in (optimizer.first, optimizer.second))
    plain = contestant("cmaes", resolve(RunConfig(task="watercourse-pools-2")).problem, Effort())
    assert isinstance(plain.optimizer, CMAES)


def test_refuses_parameters_without_neighbors():
    chosen = resolve(RunConfig(task="ks-steer"))
    with pytest.raises(ValueError, match=r"`modes-cmaes` needs parameters that have neighbors.*ks"):
        contestant("modes-cmaes", chosen.problem, chosen.effort)
