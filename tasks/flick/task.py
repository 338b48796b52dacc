"""Flick: a strip whose end is driven must swing its tip onto a point."""

from typing import Annotated

import jax.numpy as jnp
import numpy as np

from invdesign import Option, Task
from invdesign.families.elastic import driven_strip, jittered_strips
from invdesign.families.elastic._strips import RandomStrips
from invdesign.objectives import NodesAt, NodesOff, WeightedSum
from invdesign.spaces import Box, Slice

TARGET = np.array([-0.2, -0.26])  # metres from the middle of the strip at rest
WIDTH = 0.08  # metres: as far off the score is 0.61
DRIVE = 1.05  # metres a second along either axis
STIFFNESS = (-1.0, 2.0)  # binary logarithm over the material's


def drive_slices(size: int) -> dict[str, Slice]:
    """The drive along one axis, along both; and one stiffness for all."""
    along = np.eye(size)
    stiff = np.concatenate([np.zeros(2), np.ones(size - 2)])
    low, high = [-DRIVE], [DRIVE]
    return {
        "sideways": Slice(("speed",), low, high, along[:1]),
        "upwards": Slice(("speed",), low, high, along[1:2]),
        "stiffness": Slice(("logarithm",), [STIFFNESS[0]], [STIFFNESS[1]], stiff[None]),
        "drive": Slice(("sideways", "upwards"), 2 * low, 2 * high, along[:2]),
    }


def flick(
    frames: Annotated[int, Option("Frames of 5 ms.", least=10, most=100)] = 50,
    *,
    num_conditions: int = 2,
    num_unseen: int = 6,
    seed: int = 0,
    name: str = "flick",
) -> Task:
    """The task for a strip of 12 x 3 nodes, 0.55 m long.

    **Arguments:** `num_conditions`, `num_unseen`: starts optimized on and only judged on, drawn
    from `seed`: the tip moves by up to a tenth of a metre a second along either axis.
    """
    build, tip = driven_strip(RandomStrips())
    knots = build.size - 2
    lower = [-DRIVE, -DRIVE, *[STIFFNESS[0]] * knots]
    upper = [DRIVE, DRIVE, *[STIFFNESS[1]] * knots]
    nodes = jnp.asarray(tip, jnp.int32)
    score = NodesAt(nodes, TARGET, WIDTH)
    return Task(
        name=name,
        space=Box(lower, upper, initial_parameters=np.zeros(build.size)),
        build=build,
        conditions=jittered_strips(num_conditions, seed=seed, build=build, swing=0.1),
        unseen=jittered_strips(num_unseen, seed=seed + 1, build=build, swing=0.1),
        objective=WeightedSum(
            (NodesOff(NodesAt(nodes, TARGET, 4 * WIDTH)), NodesOff(score)), (0.5, 0.5)
        ),
        score=score,
        num_steps=frames,
        region=jnp.stack([TARGET - WIDTH, TARGET + WIDTH]),
        slices=drive_slices(build.size),
    )


TASKS = {"flick": flick}
