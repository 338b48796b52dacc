"""Time of a frame of a watercourse's water, and of its gradient, from 500 to 8000 particles.

Cubes of water over the hills of `watercourse-direction`, in its box and at its particle spacing, so
at constant density; the gradient is that of the mean squared position with respect to the heights.
The exponent of the growth is that of a straight line through the logarithms; the box's grid, which
is the same for all, costs a part that does not grow.

    python -m benchmarks.studies.stream
"""

from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from benchmarks._common import Kind, arguments, interleaved, milliseconds, publish, resolved, show
from invdesign.families.watercourse._course import Stream
from invdesign.reference import lattice

SIDES = (8, 10, 13, 16, 20)  # particles along a side of a cube
BOTTOM = 0.63  # m, above the highest hill


def cube(side: int, spacing: float) -> Stream:
    """A cube of water at rest over the middle, all of it there from the start."""
    corner = 0.5 - 0.5 * side * spacing
    position = lattice((corner, BOTTOM, corner), (side,) * 3, spacing)
    waiting = jnp.zeros(len(position), jnp.int32)
    return Stream(position, jnp.zeros_like(position), waiting, spacing)


@eqx.filter_jit
def frame(simulator: Any, heights: Any, context: Any, state: Any) -> Any:
    """Mean squared position after a frame over a landscape."""
    context = eqx.tree_at(lambda c: c.contact.obstacles.heights, context, heights)
    return jnp.mean(simulator.step(context, state)[0].position ** 2)


@eqx.filter_jit
def slopes(simulator: Any, heights: Any, context: Any, state: Any) -> Any:
    """Its gradient with respect to the heights."""
    return eqx.filter_grad(lambda h: frame(simulator, h, context, state))(heights)


def measure(task: Any, simulator: Any, side: int, repeats: int) -> dict[str, Any]:
    """Times of a frame and of a gradient of one."""
    spacing = float(task.conditions.spacing)
    scene = task.build(task.space.decode(task.space.initial()), cube(side, spacing))
    context, state = eqx.filter_jit(simulator.init)(scene)
    heights = context.contact.obstacles.heights
    calls = {
        "frame": partial(frame, simulator, heights, context, state),
        "gradient": partial(slopes, simulator, heights, context, state),
    }
    return {"particles": side**3, **interleaved(calls, repeats=repeats)}


def exponent(rows: list[dict[str, Any]], name: str) -> float:
    """Of the growth of the least processor time with the number of particles."""
    numbers, times = ([row["particles"] for row in rows], [row[name]["cpu"] for row in rows])
    return float(np.polyfit(np.log(numbers), np.log(times), 1)[0])


def main() -> None:
    given = arguments(__doc__)
    made = resolved("watercourse-direction", Kind.REFERENCE, None)
    sides = SIDES[:2] if given.quick else SIDES
    rows = [measure(made.task, made.simulator, n, 2 if given.quick else 8) for n in sides]
    found = {name: exponent(rows, name) for name in ("frame", "gradient")}
    table = [
        {
            "particles": row["particles"],
            "frame (ms)": milliseconds(row["frame"]),
            "gradient (ms)": milliseconds(row["gradient"]),
        }
        for row in rows
    ]
    show("A frame of a watercourse, 10 substeps (min / median)", table)
    print(f"exponents: frame {found['frame']:.2f}, gradient {found['gradient']:.2f}")
    publish(__file__, given, {"rows": rows, "exponents": found})


if __name__ == "__main__":
    main()
