"""What an inner iteration of a learned constraint costs beside a forward pass of its network.

A hundred of each in one compiled loop, for the shipped models of ropes, bodies and balls in batches
of random scenes: a gradient step, and a step by the network's own outputs.

    python -m benchmarks.studies.inner_iteration
"""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import arguments, interleaved, milliseconds, publish, show
from invdesign import load
from invdesign.families.balls._world import WORLD as BALLS
from invdesign.families.rigids._world import WORLD as RIGIDS
from invdesign.families.rope._rollouts import ROPES
from invdesign.families.rope._ropes import RandomRopes

SCENES = {
    "rope": (ROPES, RandomRopes()),
    "rigids": (RIGIDS.examples, RIGIDS.scenes),
    "balls": (BALLS.examples, BALLS.scenes),
}
_NUMBER = 100  # of iterations
_BATCH = 16


@eqx.filter_jit
def looped(model: Any, scenes: Any, *, of_gradient: bool) -> Any:
    """Candidates after so many steps, the scenes one batch."""

    def one(scene: Any) -> Any:
        problem, _ = model.problem(*model.init(scene))

        def body(candidate: Any, _: None) -> tuple[Any, None]:
            if of_gradient:
                return model.solver.step(problem, candidate), None
            step = problem.masked(problem.outputs(candidate)[:, : candidate.shape[1]])
            return candidate + 1e-3 * step, None

        return jax.lax.scan(body, jnp.zeros_like(scene.position), None, length=_NUMBER)[0]

    return jax.vmap(one)(scenes)


def main() -> None:
    given = arguments(__doc__)
    results, rows = {}, []
    for name in ["rope"] if given.quick else SCENES:
        examples, random = SCENES[name]
        drawn = [random.sample(np.random.default_rng(seed)) for seed in range(_BATCH)]
        arrays = {key: jnp.asarray(np.stack([each[key] for each in drawn])) for key in drawn[0]}
        scenes = jax.vmap(examples.scene)(arrays)
        model = load(name)
        calls = {
            kind: partial(looped, model, scenes, of_gradient=kind == "gradient step")
            for kind in ("gradient step", "forward pass")
        }
        times = interleaved(calls, repeats=2 if given.quick else 7)
        step, forward = times["gradient step"], times["forward pass"]
        results[name] = {**times, "ratio": step["cpu"] / forward["cpu"]}
        rows.append(
            {
                "model": name,
                **{f"100 of a {kind} (ms)": milliseconds(times[kind]) for kind in calls},
                "ratio of processor times": results[name]["ratio"],
            }
        )
        publish(__file__, given, results)
    show("An inner iteration beside a forward pass, 16 scenes (min / median)", rows)


if __name__ == "__main__":
    main()
