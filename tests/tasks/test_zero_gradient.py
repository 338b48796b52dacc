"""A tool beside the water: descent is told that it has no gradient, and there are cures."""

import jax
import pytest

from invdesign import BuildWater, Problem, Task, jittered_blocks, solve
from invdesign.objectives import GaussianReward, RegionFraction
from invdesign.optimizers import CEM, Adam, MultiStart, Then
from invdesign.reference import MPM
from invdesign.spaces import JointChain

pytestmark = pytest.mark.slow

BLOCK = {"center": (0.2, 0.2), "counts": (4, 4), "shift": 0.005, "speed": 0.05}
# Three links that point up along the left wall; swung to the right they would catch the drop.
TASK = Task(
    name="aside",
    space=JointChain(3, length=0.2, anchor=(0.03, 0.1), base_angle=1.5, max_bend=1.5),
    build=BuildWater(upper=(0.4, 0.4)),
    conditions=jittered_blocks(1, seed=0, **BLOCK),
    unseen=jittered_blocks(2, seed=1, **BLOCK),
    objective=GaussianReward((0.15, 0.15), (0.05, 0.05)),
    score=RegionFraction((0.05, 0.08), (0.3, 0.2)),
    num_steps=20,
)
PROBLEM = Problem(TASK, MPM())


def search(optimizer, max_steps):
    return solve(PROBLEM, optimizer, key=jax.random.key(0), max_steps=max_steps)


def test_descent_from_there_leads_nowhere_and_says_so():
    solution = search(Adam(0.2), 6)
    assert solution.value > 0.95 and solution.score == 0.0
    said = " ".join((solution.reason, *solution.notes))
    assert "a tool that hardly touches water" in said or "gradient is zero at the start" in said


@pytest.mark.parametrize(
    "optimizer",
    [Then(CEM(8, 2, initial_std=1.0), Adam(0.1), steps=4), MultiStart(Adam(0.2), 4, std=1.0)],
    ids=["sampling first", "several starts"],
)
def test_cures(optimizer):
    solution = search(optimizer, 10)
    assert solution.value < 0.7 and solution.score > 0.9
