"""What a learned flow costs beside a solved one."""

import time
from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import numpy as np

from .._forces import foil_coefficients
from .._scene import FoilScene
from .._types import Array, Scalar
from ..reference import OpenFOAM, find_openfoam
from ..simulators import FoilSimulator


@eqx.filter_jit
def _forces(simulator: FoilSimulator, scene: FoilScene) -> tuple[Scalar, Scalar]:
    found = foil_coefficients(simulator.step(*simulator.init(scene))[0])
    return found.lift, found.drag


@eqx.filter_jit
def _drag_and_gradient(simulator: FoilSimulator, scene: FoilScene) -> tuple[Scalar, Array]:
    def drag(surface: Array) -> Scalar:
        moved = eqx.tree_at(lambda s: s.surface, scene, surface)
        return foil_coefficients(simulator.step(*simulator.init(moved))[0]).drag

    return jax.value_and_grad(drag)(scene.surface)


def foil_speeds(
    simulator: FoilSimulator, scenes: Sequence[FoilScene], *, num_solved: int = 5
) -> dict[str, float]:
    """Seconds a case, medians over some scenes, one at a time, all in the same minute.

    - `value_seconds`: lift and drag from the section: grid, features, network, integrals;
    - `gradient_seconds`: drag with its gradient by every point of the section;
    - `solver_seconds`: OpenFOAM's program from its first iteration to its last, on one core,
      without writing the grid;
    - `speedup`, `gradient_speedup`: the solver's seconds over the other two.

    **Arguments:** `num_solved`: how many of the scenes OpenFOAM solves; without OpenFOAM, or for 0,
    what concerns it is left out.
    """
    scenes = [jax.tree.map(jax.numpy.asarray, scene) for scene in scenes]
    seconds = {
        "value_seconds": _median(lambda scene: _forces(simulator, scene), scenes),
        "gradient_seconds": _median(lambda scene: _drag_and_gradient(simulator, scene), scenes),
    }
    if num_solved and _installed():
        solver = OpenFOAM(grid=simulator.grid)
        solved = [solver.solve(scene).seconds for scene in scenes[:num_solved]]
        seconds["solver_seconds"] = float(np.median(solved))
        seconds["speedup"] = seconds["solver_seconds"] / seconds["value_seconds"]
        seconds["gradient_speedup"] = seconds["solver_seconds"] / seconds["gradient_seconds"]
    return seconds


def _median(function: Callable[[FoilScene], object], scenes: Sequence[FoilScene]) -> float:
    jax.block_until_ready(function(scenes[0]))  # compiled here, not below
    seconds = []
    for scene in scenes:
        start = time.perf_counter()
        jax.block_until_ready(function(scene))
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def _installed() -> bool:
    try:
        find_openfoam()
    except ValueError:
        return False
    return True
