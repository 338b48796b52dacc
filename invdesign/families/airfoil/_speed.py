"""What a learned flow costs beside a solved one."""

import os
import time
from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Scalar
from ...reference.openfoam._solver import OpenFOAM, find_openfoam
from ...scenes import SectionScene
from ...scenes._forces import foil_coefficients
from ...simulators import FlowSimulator


@eqx.filter_jit
def _forces(simulator: FlowSimulator, scene: SectionScene) -> tuple[Scalar, Scalar]:
    found = foil_coefficients(simulator.step(*simulator.init(scene))[0])
    return found.lift, found.drag


@eqx.filter_jit
def _drag_and_gradient(simulator: FlowSimulator, scene: SectionScene) -> tuple[Scalar, Array]:
    def drag(surface: Array) -> Scalar:
        moved = eqx.tree_at(lambda s: s.surface, scene, surface)
        return foil_coefficients(simulator.step(*simulator.init(moved))[0]).drag

    return jax.value_and_grad(drag)(scene.surface)


def foil_speeds(
    simulator: FlowSimulator,
    scenes: Sequence[SectionScene],
    reference: OpenFOAM,
    *,
    num_solved: int = 5,
) -> dict[str, float]:
    """Seconds a case, medians over some scenes, one at a time, all of them in turns.

    - `value_seconds`: lift and drag from the section: grid, features, network, integrals;
    - `gradient_seconds`: drag with its gradient by every point of the section;
    - `solver_seconds`: OpenFOAM's program from its first iteration to its last, on one core,
      without writing the grid;
    - `num_cores`: that this process may use;
    - `speedup`, `gradient_speedup`: the solver's seconds over the other two.

    **Arguments:** `num_solved`: how many of the scenes `reference` solves; without OpenFOAM, or for
    0, what concerns it is left out.
    """
    scenes = [jax.tree.map(jnp.asarray, scene) for scene in scenes]
    solver = reference if num_solved and _installed() else None
    for compiled in (_forces, _drag_and_gradient):
        jax.block_until_ready(compiled(simulator, scenes[0]))
    rows, solved = [], []
    for index, scene in enumerate(scenes):
        # In turns: where a machine is busy with something else, it is for all of them.
        rows.append([_seconds(f, simulator, scene) for f in (_forces, _drag_and_gradient)])
        if solver is not None and index < num_solved:
            solved.append(solver.solve(scene).seconds)
    value, gradient = np.median(rows, axis=0).tolist()
    found = {"value_seconds": value, "gradient_seconds": gradient}
    found["num_cores"] = float(len(os.sched_getaffinity(0)))
    if solved:
        seconds = float(np.median(solved))
        found["solver_seconds"] = seconds
        found |= {"speedup": seconds / value, "gradient_speedup": seconds / gradient}
    return found


def _seconds(
    function: Callable[[FlowSimulator, SectionScene], object],
    simulator: FlowSimulator,
    scene: SectionScene,
) -> float:
    start = time.perf_counter()
    jax.block_until_ready(function(simulator, scene))
    return time.perf_counter() - start


def _installed() -> bool:
    try:
        find_openfoam()
    except ValueError:
        return False
    return True
