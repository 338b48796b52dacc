"""A landscape under a pipe that has to share the water out between pools on the floor."""

from functools import partial
from typing import Annotated

import numpy as np

from invdesign import Lighter, Task
from invdesign._options import Option
from invdesign.families.watercourse import (
    BuildWatercourse,
    InPool,
    LandedShare,
    NoSteeperThan,
    PoolShare,
    PoolValue,
    SmoothHeights,
    check_pipe,
    hills,
    numbers_of,
    pools_of,
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


def pools(
    *,
    angles: Annotated[
        str, Option("Where the pools lie, in degrees from x to z, separated by commas.")
    ] = "20,110",
    shares: Annotated[
        str, Option("How much of the water each is to have, in any unit: 1,2 or 50,50.")
    ] = "1,1",
    beyond: Annotated[
        float, Option("How far behind the edge the pools' centers lie in metres.", above=0, most=10)
    ] = 0.4,
    size: Annotated[float, Option("Radius of the pools in metres.", above=0, most=1)] = 0.2,
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
    name: str = "watercourse-pools-2",
) -> Task:
    """Share a stream that falls on the middle of a landscape out between pools.

    **Arguments:** as `direction` of `watercourse-direction`.
    """
    made = partial(
        pools, angles=angles, shares=shares, beyond=beyond, size=size, pipe=pipe, rough=rough,
        steepest=steepest, nodes=nodes, seed=seed, num_conditions=num_conditions, lighter=False,
    )  # fmt: skip
    check_pipe(pipe, amplitude=AMPLITUDE + rough)
    places = numbers_of(angles, "--angles")
    wanted = pools_of(places, numbers_of(shares, "--shares"), beyond=beyond, radius=size)
    water = partial(streams, mouth=(0.5, pipe, 0.5), layers=layers, radius=radius, spacing=spacing)
    each = {f"pool_{number + 1}": InPool(wanted, number) for number in range(len(places))}
    terms = (PoolValue(wanted), SmoothHeights())
    build = BuildWatercourse(base=hills(nodes, height=rough))
    return Task(
        name=name,
        space=HeightField(nodes, amplitude=AMPLITUDE),
        build=build,
        conditions=water(num_conditions, seed=seed),
        unseen=water(num_unseen, seed=seed + 1),
        objective=WeightedSum(terms, np.array([1.0, SMOOTHNESS])),
        score=PoolShare(wanted),
        metrics={**each, "landed": LandedShare()},
        num_steps=num_steps,
        constraints=() if steepest is None else (NoSteeperThan(steepest, build),),
        family="watercourse",
        slices={
            "tilt and trough": tilt_and_trough(nodes, float(np.mean(places)), AMPLITUDE),
        },
        lighter=Lighter(made(**LITE, name=f"{name}, lighter"), LITE_COST) if lighter else None,
        has_valleys=True,
    )


_TWIN = {**LITE, "nodes": 9, "num_unseen": 2, "lighter": False}
_THREE = {"angles": "10,140,250", "shares": "1,1,1"}
TASKS = {
    "watercourse-pools-2": pools,
    "watercourse-pools-3": partial(pools, **_THREE, name="watercourse-pools-3"),
    "watercourse-pools-2-lite": partial(pools, **_TWIN, name="watercourse-pools-2-lite"),
    "watercourse-pools-3-lite": partial(
        pools, **_THREE, **_TWIN, name="watercourse-pools-3-lite"
    ),
}  # fmt: skip
