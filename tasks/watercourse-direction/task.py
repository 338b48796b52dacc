"""A landscape under a pipe that has to send the water off in one direction."""

from functools import partial
from typing import Annotated

import numpy as np

from invdesign import Lighter, Task
from invdesign._options import Option
from invdesign.families.watercourse import (
    BuildWatercourse,
    DirectionShare,
    DirectionValue,
    LandedDirection,
    LandedShare,
    NoSteeperThan,
    SmoothHeights,
    check_pipe,
    hills,
    streams,
    tilt_and_trough,
)
from invdesign.objectives import WeightedSum
from invdesign.spaces import HeightField

AMPLITUDE = 0.15  # m, of the landscape about its rest
HILLS = 0.1  # m, of the fixed ground under it
SMOOTHNESS = 100.0  # weight of the mean squared first differences, as released
LITE = {"layers": 8, "radius": 2.0, "spacing": 1 / 20, "num_steps": 70}  # 96 particles
LITE_COST = 0.1  # of a frame of that water, in frames of the task's own; measured


def direction(
    *,
    angle: Annotated[
        float, Option("Direction of the water in degrees, from x to z.", least=0, most=360)
    ] = 70.0,
    pipe: Annotated[
        float, Option("Height of the pipe's mouth above the floor in metres.", above=0, most=10)
    ] = 0.8,
    rough: Annotated[
        float, Option("Height of the hills under the landscape in metres.", least=0, most=0.1)
    ] = HILLS,
    steepest: Annotated[
        float | None,
        Option("Steepest slope of the landscape in degrees, any by default.", least=5, most=80),
    ] = None,
    lighter: Annotated[
        bool, Option("Whether descents begin in the water of the lite twin, which costs less.")
    ] = True,
    nodes: int = 25,
    layers: int = 20,
    radius: float = 3.0,
    spacing: float = 1 / 40,
    num_steps: int = 80,
    num_conditions: int = 1,
    num_unseen: int = 3,
    seed: int = 0,
    released: bool = False,
    name: str = "watercourse-direction",
) -> Task:
    """Send a stream that falls on the middle of a landscape off within 30 degrees of `angle`.

    **Arguments:** `nodes`: of the landscape a side; `layers`, `radius`, `spacing`: of the water, as
    `streams` takes them; `num_conditions`, `num_unseen`: streams optimised on and only judged on;
    `released`: descend along the released recipe's value, a mean over landed water alone.
    """
    made = partial(
        direction, angle=angle, pipe=pipe, rough=rough, steepest=steepest, nodes=nodes, seed=seed,
        num_conditions=num_conditions, released=released, lighter=False,
    )  # fmt: skip
    check_pipe(pipe, amplitude=AMPLITUDE + rough)
    water = partial(streams, mouth=(0.5, pipe, 0.5), layers=layers, radius=radius, spacing=spacing)
    value = LandedDirection(angle) if released else DirectionValue(angle)
    build = BuildWatercourse(base=hills(nodes, height=rough))
    return Task(
        name=name,
        space=HeightField(nodes, amplitude=AMPLITUDE),
        build=build,
        conditions=water(num_conditions, seed=seed),
        unseen=water(num_unseen, seed=seed + 1),
        objective=WeightedSum((value, SmoothHeights()), np.array([1.0, SMOOTHNESS])),
        score=DirectionShare(angle),
        metrics={"landed": LandedShare()},
        num_steps=num_steps,
        constraints=() if steepest is None else (NoSteeperThan(steepest, build),),
        family="watercourse",
        slices={"tilt and trough": tilt_and_trough(nodes, angle, AMPLITUDE)},
        lighter=Lighter(made(**LITE, name=f"{name}, lighter"), LITE_COST) if lighter else None,
    )


TASKS = {
    "watercourse-direction": direction,
    "watercourse-direction-lite": partial(
        direction, **LITE, nodes=9, num_unseen=2, lighter=False, name="watercourse-direction-lite"
    ),
    "watercourse-direction-released": partial(
        direction, layers=50, num_steps=50, rough=0.0, released=True, lighter=False,
        name="watercourse-direction-released",
    ),
}  # fmt: skip
