"""Contain: a chain of joints must hold the water where it is."""

from functools import partial

from invdesign._task import Task
from invdesign._water import BuildWater, jittered_blocks
from invdesign.objectives import (
    GaussianReward,
    InsideBox,
    RegionFraction,
    SelfCrossing,
    Smoothness,
    WeightedSum,
)
from invdesign.spaces import JointChain

ANCHOR = (0.5, 0.35)
LOWER, UPPER = (0.38, 0.36), (0.62, 0.60)
GOAL = (0.5, 0.44)


def contain(
    num_joints: int = 16,
    *,
    counts: tuple[int, int] = (16, 16),
    num_steps: int = 100,
    num_conditions: int = 2,
    num_unseen: int = 8,
    seed: int = 0,
    name: str | None = None,
) -> Task:
    blocks = partial(jittered_blocks, center=(0.5, 0.6), counts=counts)
    bend = 16 / num_joints
    return Task(
        name=name or f"contain-{num_joints}",
        space=JointChain(
            num_joints,
            length=0.6,
            anchor=ANCHOR,
            root=num_joints // 2,
            max_bend=min(0.6 * bend, 1.5),
            initial_parameters=-0.06 * bend,
        ),
        build=BuildWater(),
        conditions=blocks(num_conditions, seed=seed),
        unseen=blocks(num_unseen, seed=seed + 1),
        objective=WeightedSum(
            (
                GaussianReward(GOAL, (0.25, 0.25)),
                GaussianReward(GOAL, (0.1, 0.1)),
                Smoothness(),
                SelfCrossing(clearance=0.04, num_neighbors=2),
                InsideBox((0.03, 0.03), (0.97, 0.97)),
            ),
            (0.5, 0.5, 0.05, 0.05, 0.05),
        ),
        score=RegionFraction(LOWER, UPPER),
        num_steps=num_steps,
        region=(LOWER, UPPER),
    )


TASKS = {"contain": partial(contain, name="contain")}
