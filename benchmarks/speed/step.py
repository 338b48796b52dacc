"""Neighbor search as a share of a step of the default water model.

`RadiusGraph` between particles and `ObstacleGraph` between particles and obstacles against a
whole step of the simulator, which contains them, in turns. Weights are untrained, which changes
no cost.

    python -m benchmarks.speed.step
"""

from functools import partial

import equinox as eqx

from benchmarks._common import arguments, interleaved, milliseconds, publish, show
from benchmarks._water import pool, untrained_water
from invdesign.simulators import ParticleSimulator

SIZES = (250, 1000, 2000, 4000, 8000)


def search(simulator: ParticleSimulator, position, gap):
    """What a step looks for."""
    return simulator.connectivity(position), simulator.obstacle_graph(gap)


def measure(simulator: ParticleSimulator, num_particles: int, repeats: int) -> dict:
    """Times of a step and of its search, and the share of the latter."""
    context, state = eqx.filter_jit(simulator.init)(pool(num_particles))
    position = simulator.observe(context, state).position
    gap = context.obstacles.by_axis(position)[1].T - context.obstacles.thickness[None]
    while int(eqx.filter_jit(simulator.step)(context, state)[1]) != 0:
        simulator = simulator.grow(1.25)
    calls = {
        "step": partial(eqx.filter_jit(simulator.step), context, state),
        "search": partial(eqx.filter_jit(search), simulator, position, gap),
    }
    times = interleaved(calls, repeats=repeats)
    edges = calls["search"]()[0][0]
    return {
        "particles": num_particles,
        "neighbors": float(edges.mask.sum()) / num_particles,
        "slots": edges.mask.size / num_particles,
        **times,
        "share": {key: times["search"][key] / times["step"][key] for key in ("min", "median")},
    }


def main() -> None:
    given = arguments(__doc__)
    simulator = untrained_water()
    sizes = SIZES[:2] if given.quick else SIZES
    results = [measure(simulator, size, 3 if given.quick else 50) for size in sizes]
    rows = [
        {
            "particles": row["particles"],
            "neighbors": row["neighbors"],
            "search (ms)": milliseconds(row["search"]),
            "step (ms)": milliseconds(row["step"]),
            "share": f"{row['share']['min']:.0%} / {row['share']['median']:.0%}",
        }
        for row in results
    ]
    show("Neighbor search in a step of the default model (min / median)", rows)
    publish(__file__, given, results)


if __name__ == "__main__":
    main()
