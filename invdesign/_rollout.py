"""A simulator unrolled over a scene."""

import warnings
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.core import Tracer

from ._adjoint import AbstractAdjoint, CheckpointAdjoint, Recomputing
from ._checks import checked_count, checked_kind
from ._results import RESULTS, as_code, first_failure
from ._simulator import AbstractSimulator, num_calls
from ._types import Array, Bool, Code

EVERY_STEP = CheckpointAdjoint(segment=1)


class Trajectory(eqx.Module):
    """What a rollout leaves behind.

    **Arguments:**

    - `initial`: the observation before the first step.
    - `frames`: the observations after each step, with a leading time axis.
    - `final`: the simulator's last state, from which a rollout can go on.
    - `result`: a `RESULTS` code, the first failure.
    """

    initial: Any
    frames: Any
    final: Any
    result: Code


def _all_finite(tree: Any) -> Bool[Array, ""]:
    leaves = [jnp.isfinite(x).all() for x in jax.tree.leaves(tree) if eqx.is_inexact_array(x)]
    return jnp.stack(leaves).all()


def rollout(
    simulator: AbstractSimulator,
    scene: Any,
    *,
    num_steps: int,
    adjoint: AbstractAdjoint = EVERY_STEP,
    throw: bool = True,
) -> Trajectory:
    """Unroll `simulator` from `scene` for `num_steps` frames in one compiled loop.

    **Arguments:**

    - `simulator`: learned or trusted.
    - `scene`: physics the simulator can read.
    - `num_steps`: frames to simulate, at least 1; a multiple of the simulator's `frames_per_step`.
    - `adjoint`: how the loop is differentiated; it counts calls of the simulator's `step`.
    - `throw`: raise on failure, outside of `jit`, `vmap` and `grad`. Inside of them nothing is
      ever raised, whatever `throw` says: look at `Trajectory.result`.

    What the simulator has to say of a scene is a warning, once a place. Outside of `jit` the whole
    rollout is one program, which a second call with other numbers of the same shapes uses again.

    **Raises:** `ValueError` for `num_steps < 1`, a number of frames that ends in the middle of a
    step, what is no simulator, and a scene that the simulator refuses, as far as its numbers are
    known (outside of `jit`, `vmap` and `grad`); `RuntimeError` with the reason of the first failure
    if `throw`.
    """
    checked_kind(simulator, AbstractSimulator, "a simulator", "rollout")
    checked_count(num_steps, "num_steps", "rollout")
    num_calls(simulator, num_steps, "rollout")
    if not _is_traced(scene):
        for note in simulator.check(scene, num_steps):
            warnings.warn(note, stacklevel=2)
    unroll = _unrolled if _is_traced((simulator, scene)) else _compiled
    trajectory = unroll(simulator, scene, num_steps, adjoint)
    result = trajectory.result
    if throw and not isinstance(result, Tracer) and int(result) != 0:
        raise RuntimeError(RESULTS(int(result)).message)
    return trajectory


def _is_traced(tree: Any) -> bool:
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(tree))


def _unrolled(
    simulator: AbstractSimulator, scene: Any, num_steps: int, adjoint: AbstractAdjoint
) -> Trajectory:
    bundle, calls = simulator.frames_per_step, num_calls(simulator, num_steps, "rollout")
    context, state = simulator.init(scene)
    initial = simulator.observe(context, state)

    def body(carry):
        state, result = carry
        state, code = simulator.step(context, state)
        frame = (simulator.observe if bundle == 1 else simulator.observe_step)(context, state)
        finite = jnp.where(
            _all_finite(frame), as_code(RESULTS.successful), as_code(RESULTS.nonfinite_state)
        )
        result = first_failure(result, first_failure(code, finite))
        return (state, result), frame

    own = Recomputing(body) if simulator.recomputes else body
    (final, result), frames = adjoint.scan(own, (state, as_code(RESULTS.successful)), calls)
    if bundle > 1:
        frames = jax.tree.map(lambda x: x.reshape(num_steps, *x.shape[2:]), frames)
    return Trajectory(initial=initial, frames=frames, final=final, result=result)


_compiled = eqx.filter_jit(_unrolled)
