"""Time of a step of the default water model from 500 to 8000 particles.

Water at rest, as many neighbors for each particle; untrained weights, which change no cost.

    python benchmarks/scaling.py
"""

from functools import partial

import equinox as eqx
import numpy as np
from _common import arguments, interleaved, milliseconds, publish, show
from _water import pool, untrained_water

SIZES = (500, 1000, 2000, 4000, 8000)


def main() -> None:
    given = arguments(__doc__)
    simulator = untrained_water()
    sizes = SIZES[:2] if given.quick else SIZES
    step = eqx.filter_jit(type(simulator).step)
    calls, codes = {}, {}
    for size in sizes:
        context, state = eqx.filter_jit(simulator.init)(pool(size))
        calls[size] = partial(step, simulator, context, state)
        codes[size] = int(calls[size]()[1])
    times = interleaved(calls, repeats=3 if given.quick else 30)
    results = [
        {
            "particles": size,
            "step": times[size],
            "microseconds_per_particle": 1e6 * times[size]["min"] / size,
            "result": codes[size],
        }
        for size in sizes
    ]
    seconds = [times[size]["min"] for size in sizes]
    exponent = float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
    rows = [
        {
            "particles": row["particles"],
            "step (ms)": milliseconds(row["step"]),
            "µs a particle": row["microseconds_per_particle"],
        }
        for row in results
    ]
    show(f"A step of the default model: time grows as particles^{exponent:.2f}", rows)
    publish(__file__, given, {"sizes": results, "exponent": exponent})


if __name__ == "__main__":
    main()
