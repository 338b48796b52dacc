"""Memory of the gradient of a watercourse's networks, and the neighbor search's share of a step.

2084 particles over the flat landscape of `watercourse-direction`, 50 frames: the gradient of the
task's value is compiled and not run; its memory is what the program's own analysis says, slots for
edges included. Times are those of one frame, of the search in it and of the frame's gradient by the
heights, at the moment that the solver reaches in 50 frames. Networks are untrained, which changes
neither.

    python -m benchmarks.studies.stream_networks
"""

import dataclasses
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from benchmarks._common import (
    CONFIGS,
    Kind,
    arguments,
    interleaved,
    milliseconds,
    publish,
    resolved,
    show,
    temporary_bytes,
)
from benchmarks.studies.stream import frame, slopes
from invdesign import ClippedAdjoint, Problem, Task, rollout
from invdesign.families._registry import load_config
from invdesign.families.watercourse import streams
from invdesign.families.watercourse._course import DT, Stream
from invdesign.families.watercourse._training import ranges_of
from invdesign.simulators import ParticleSimulator
from invdesign.simulators.particle._beside import beside
from invdesign.simulators.particle._build import build_network, make_simulator
from invdesign.simulators.particle._features import Statistics
from invdesign.simulators.particle._glide import parked

PARTICLES, FRAMES = 2084, 50
LAYERS = 66  # of 32 particles: the last has 4
NETWORKS = ("watercourse", "watercourse-paper")
_SCALE = 1e-3  # metres a half frame, for all statistics: they scale numbers and change no cost


def untrained(name: str) -> ParticleSimulator:
    """The simulator of a configuration, with fresh weights."""
    model = load_config(CONFIGS / f"{name}.toml").model
    scales = Statistics(**{field.name: _SCALE for field in dataclasses.fields(Statistics)})
    ranges = ranges_of({"scenes": {"layers": LAYERS}, "num_steps": FRAMES * model.parts})
    network = build_network(model, key=jax.random.key(0))
    return make_simulator(network, model, scales, DT, ranges)


def first(water: Stream, number: int) -> Stream:
    """The first particles of streams."""
    return jax.tree.map(lambda x: x[:, :number] if eqx.is_array(x) else x, water)


@eqx.filter_jit
def later(simulator: Any, scene: Any, num_steps: int) -> Any:
    """What is seen after some frames."""
    frames = rollout(simulator, scene, num_steps=num_steps, throw=False).frames
    return jax.tree.map(lambda x: x[-1], frames)


def moment(task: Task, solver: Any) -> Stream:
    """The task's water after its frames in the solver; what has landed waits for ever."""
    water = jax.tree.map(lambda x: x[0], task.conditions)
    design = task.space.decode(task.space.initial())
    seen = later(solver, task.build(design, water), task.num_steps)
    waiting = jnp.where(seen.passage.moving, 0, 10_000)
    return Stream(seen.position, seen.velocity, waiting, water.spacing)


@eqx.filter_jit
def search(simulator: ParticleSimulator, context: Any, state: Any) -> Any:
    """What a frame looks for in each of its parts: neighbors, and the ground's closest points."""
    ahead, moving = state.position, state.passage.moving
    away = parked(ahead, context.upper, 2 * simulator.connectivity.radius)
    found = []
    for part in range(simulator.parts):
        points = jnp.where(moving[:, None], ahead, away) + 1e-6 * part  # no part is another's
        near = beside(context.obstacles, points, moving, simulator.obstacle_graph, all_near=True)
        found.append((simulator.connectivity(points), near))
    return found


def measure(name: str, task: Task, water: Stream, repeats: int) -> dict[str, Any]:
    """Memory and times of a network."""
    simulator, latent = untrained(name), task.space.initial()
    problem = Problem(task, simulator, adjoint=ClippedAdjoint(0.005))
    evaluate = eqx.filter_jit(lambda problem, latent: problem.evaluate(latent, order=1))
    program = evaluate.lower(problem, latent).compile()
    context, state = eqx.filter_jit(simulator.init)(task.build(task.space.decode(latent), water))
    assert int(eqx.filter_jit(simulator.step)(context, state)[1]) == 0
    given = simulator, context.contact.obstacles.heights, context, state
    calls = {
        "step": partial(frame, *given),
        "search": partial(search, simulator, context, state),
        "gradient": partial(slopes, *given),
    }
    times = interleaved(calls, repeats=repeats)
    edges = calls["search"]()[0][0][0].mask
    number = water.position.shape[0]
    return {
        "network": name,
        "particles": number,
        "frames": task.num_steps,
        "edges": float(edges.sum()) / number,
        "slots": edges.size / number,
        "gradient_bytes": temporary_bytes(program),
        **times,
        "share": {key: times["search"][key] / times["step"][key] for key in ("min", "cpu")},
    }


def main() -> None:
    given = arguments(__doc__)
    number, frames = (128, 5) if given.quick else (PARTICLES, FRAMES)
    made = resolved("watercourse-direction", Kind.REFERENCE, None)
    water = first(streams(1, seed=0, layers=-(-number // 32)), number)
    task = dataclasses.replace(made.task, conditions=water, num_steps=frames)
    water = moment(task, made.simulator)
    results = [measure(name, task, water, 2 if given.quick else 6) for name in NETWORKS]
    rows = [
        {
            "network": row["network"],
            "slots a particle": row["slots"],
            "edges": row["edges"],
            "gradient's memory (MB)": row["gradient_bytes"] / 1e6,
            "frame (ms)": milliseconds(row["step"]),
            "search (ms)": milliseconds(row["search"]),
            "a frame's gradient (ms)": milliseconds(row["gradient"]),
            "share of the search": f"{row['share']['cpu']:.1%}",
        }
        for row in results
    ]
    show(f"Networks of watercourses, {number} particles (min / median)", rows)
    publish(__file__, given, results)


if __name__ == "__main__":
    main()
