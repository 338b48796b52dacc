"""By how much small differences grow, through a learned simulator and through the solver.

At several frames of a rollout at a task's best known design every position and velocity is moved by
a little at random, and both rollouts go on. Water that comes to rest forgets the difference; a
simulator that does not amplifies, a factor a frame, whatever is passed back through it.

    python -m benchmarks.studies.growth --models water2d,water2d-open
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import Kind, arguments, publish, resolved, show
from invdesign.studies import best_known
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"default": "contain,ramp,maze"}),
    ("--models", {"default": "water2d", "help": "pretrained models, or weights files"}),
    ("--scenes", {"type": int, "default": 3}),
)
STARTS = (5, 30, 60, 75)  # frames
LENGTHS = (5, 10, 20)
PROBE = 3e-5  # standard deviation, m and m a frame


@eqx.filter_jit
def growth(simulator: Any, scene: Any, key: Any) -> Any:
    """Distance after each frame over the one at the start, (start, frame)."""
    context, state = simulator.init(scene)

    def step(state: Any, _: None) -> tuple[Any, Any]:
        state, _ = simulator.step(context, state)
        return state, state

    _, states = jax.lax.scan(step, state, length=STARTS[-1])

    def from_frame(frame: int, key: Any) -> Any:
        start = jax.tree.map(lambda x: x[frame - 1], states)
        shift, turn = PROBE * jax.random.normal(key, (2, *start.position.shape))
        beside = eqx.tree_at(
            lambda s: (s.position, s.velocity),
            start,
            (start.position + shift, start.velocity + turn / simulator.dt),
        )
        first, second = (jax.lax.scan(step, s, length=LENGTHS[-1])[1] for s in (start, beside))
        offset = first.position - second.position
        relative = simulator.dt * (first.velocity - second.velocity)
        apart = jnp.sqrt(jnp.sum(offset**2 + relative**2, axis=(1, 2)))
        return apart / jnp.sqrt(jnp.sum(shift**2 + turn**2))

    keys = jax.random.split(key, len(STARTS))
    return jnp.stack([from_frame(*each) for each in zip(STARTS, keys, strict=True)])


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    names = ["contain-lite"] if given.quick else given.tasks.split(",")
    rows: list[dict[str, Any]] = []
    for name in names:
        task = load_task(name)
        known = best_known(name)
        start = task.space.initial()
        design = task.space.decode(start if known is None else task.space.encode(known.parameters))
        scenes = [
            task.build(design, jax.tree.map(lambda x, i=i: x[i], task.unseen))
            for i in range(1 if given.quick else given.scenes)
        ]
        for model in ("solver", *given.models.split(",")):
            kind = Kind.REFERENCE if model == "solver" else Kind.LEARNED
            simulator = resolved(name, kind, model).simulator
            found = [
                growth(simulator, scene, jax.random.key(seed)) for seed, scene in enumerate(scenes)
            ]
            mean = np.exp(np.mean(np.log(found), axis=0))
            for start, grown in zip(STARTS, mean, strict=True):
                row = {"task": name, "simulator": model, "from frame": start}
                rows.append(row | {f"after {n}": float(grown[n - 1]) for n in LENGTHS})
        publish(__file__, given, {"scenes": len(scenes), "probe": PROBE, "rows": rows})
    show("growth of small differences, geometric means over scenes", rows)


if __name__ == "__main__":
    main()
