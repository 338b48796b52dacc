"""simpleFoam on the grid of a section: run, check, read."""

import dataclasses
import math
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._checks import checked_count
from ..._results import RESULTS, as_code
from ..._rollout import Trajectory
from ...grids import OGrid
from ...grids._measures import grid_fault
from ...scenes import SectionFlow, SectionScene
from .._base import AbstractReference
from ._case import write_case, write_gentle
from ._mortal import mortal
from ._poly_mesh import write_poly_mesh
from ._resolution import finer_section, restricted, wall_units
from ._text import read_internal, read_patch

_DEBIAN = Path("/usr/share/openfoam")  # where Debian's package keeps what programs look for
_CONVERGED = re.compile(r"SIMPLE solution converged in (\d+) iterations")
_COLUMNS = ("Cl", "Cd", "CmPitch")
_SETTLED = 100  # iterations over which coefficients must not move, if residuals stay too high
_UNSETTLED = "simpleFoam did not converge in {} iterations."
SUBSTEPS = 8  # of finer grids, see `OGrid`; that of models keeps the one that they learned on
_FLIPS = 10  # times `settled`: how far two values in a row may be apart


@dataclasses.dataclass(frozen=True)
class FlowResult:
    """What came of a case: a flow and its coefficients, or the reason why there is none.

    **Arguments:**

    - `flow`: the fields, or `None`.
    - `lift`, `drag`, `moment`: coefficients of the chord; the moment about the quarter chord,
      positive nose up. NaN if the case failed.
    - `iterations`, `seconds`: of the program.
    - `wall_units`: mean height of the centers of the cells at the wall in wall units, y+.
    - `failure`: why there is no flow, in a sentence, or `None`.
    - `kind`: of a failure, as a `RESULTS` member.
    """

    flow: SectionFlow | None
    lift: float = math.nan
    drag: float = math.nan
    moment: float = math.nan
    iterations: int = 0
    seconds: float = 0.0
    wall_units: float = math.nan
    failure: str | None = None
    kind: RESULTS = RESULTS.reference_failed


def find_openfoam() -> Path:
    """The program simpleFoam on PATH.

    **Raises:** `ValueError` saying how to get it.
    """
    found = shutil.which("simpleFoam")
    if found is None:
        raise ValueError(
            "OpenFOAM is not installed: no `simpleFoam` on PATH; on Debian and Ubuntu "
            "`apt-get install openfoam` brings it."
        )
    return Path(found)


class OpenFOAM(AbstractReference):
    """Steady incompressible flow with the turbulence model of Spalart and Allmaras.

    SIMPLEC; second-order upwind velocities, first-order upwind turbulence, Spalding's wall
    function. A case ends when all residuals are below `tolerance`, or counts as ended when lift
    and drag have not moved by `settled` of the larger of the two over the last hundred of
    `max_steps` iterations: the means of two in a row; the two may differ by ten times that, for
    the far field's inflow condition flips back and forth on a few faces. Otherwise it goes on by
    `patience` gentler iterations: they have the same solution, but do not circle around it where
    flow separates (NACA 0012 at 8 to 10 degrees). Anything else has failed and has no
    coefficients. Needs OpenFOAM 1912 or later.

    **Arguments:**

    - `grid`: which grid is laid around a section; flows are told on its cells.
    - `resolution`: how many times finer than `grid` the cells are that flows are solved on, along
      either axis; it takes as many times the iterations, and its cube times the time. Fields are
      then means over the cells of `grid`, and lift and drag those of the fine flow.
    - `tolerance`: of the residuals, above 0.
    - `settled`: movement of lift and drag, over the larger of the two, that counts as none.
    - `max_steps`: iterations at most, at a resolution of 1.
    - `time_limit`: seconds a case may take, above 0, at a resolution of 1.
    - `patience`: iterations by which a case that has not settled goes on, or 0, at a resolution
      of 1.

    **Raises:** `ValueError` for values out of these ranges.
    """

    grid: OGrid = OGrid()
    resolution: int = eqx.field(static=True, default=1)
    tolerance: float = eqx.field(static=True, default=1e-6)
    settled: float = eqx.field(static=True, default=1e-5)
    max_steps: int = eqx.field(static=True, default=400)
    time_limit: float = eqx.field(static=True, default=120.0)
    patience: int = eqx.field(static=True, default=1600)

    def __check_init__(self):
        if not (self.tolerance > 0 and self.max_steps > _SETTLED and self.time_limit > 0):
            raise ValueError(
                f"`OpenFOAM` needs tolerance > 0, max_steps > {_SETTLED} and time_limit > 0, got "
                f"{self.tolerance:g}, {self.max_steps} and {self.time_limit:g}."
            )
        if not (self.patience == 0 or self.patience > _SETTLED):
            raise ValueError(
                f"`OpenFOAM` needs patience > {_SETTLED}, or 0 for none, got {self.patience}."
            )

        checked_count(self.resolution, "resolution", "OpenFOAM")

    def solve(self, scene: SectionScene, *, case: Path | None = None) -> FlowResult:
        """Run one case (host side).

        **Arguments:** `case`: a folder for its files, replaced if it holds a case; a temporary
        one by default.

        **Raises:** `ValueError` if OpenFOAM is not installed, or `case` holds anything else.
        """
        program = find_openfoam()
        coarse = _grid(self.grid, jnp.asarray(scene.surface))
        fault, fine, grid = grid_fault(coarse), scene, coarse
        if fault is None and self.resolution > 1:
            fine = finer_section(scene, self.resolution)
            grid = _grid(self.grid.refined(self.resolution), jnp.asarray(fine.surface), SUBSTEPS)
            fault = grid_fault(grid)
        if fault is not None:
            return FlowResult(None, failure=fault, kind=RESULTS.degenerate_grid)
        nodes = np.asarray(grid, np.float64)
        if case is not None:
            if case.exists() and any(case.iterdir()) and not (case / "system").is_dir():
                raise ValueError(f"`{case}` is not empty and holds no case; choose another folder.")
            shutil.rmtree(case, ignore_errors=True)
            found = self._run(program, fine, nodes, case)
        else:
            with tempfile.TemporaryDirectory(prefix="invdesign-foam-") as folder:
                found = self._run(program, fine, nodes, Path(folder))
        if found.flow is None:
            return found
        return dataclasses.replace(
            found,
            flow=restricted(found.flow, np.asarray(coarse, np.float64), self.resolution),
            wall_units=wall_units(found.flow, float(scene.viscosity)),
        )

    def solve_all(
        self,
        scenes: Sequence[SectionScene],
        *,
        processes: int | None = None,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[FlowResult]:
        """Run many cases, `processes` at a time (by default as many as there are cores)."""
        find_openfoam()
        workers = processes or len(os.sched_getaffinity(0))
        results = []
        with ThreadPoolExecutor(workers) as pool:
            for result in pool.map(self.solve, scenes):
                results.append(result)
                progress(len(results))
        return results

    def refined(self, factor: int) -> "OpenFOAM":
        """`factor` times the resolution."""
        checked_count(factor, "factor", "refined")
        return dataclasses.replace(self, resolution=factor * self.resolution)

    def frame(self, scene: SectionScene) -> SectionFlow:
        return _unknown_flow(self.grid(scene.surface), scene)

    def trajectories(self, scenes: Sequence[SectionScene], *, num_steps: int) -> list[Trajectory]:
        solved = self.solve_all(scenes)
        nodes = [_grid(self.grid, jnp.asarray(scene.surface)) for scene in scenes]
        return [
            _trajectory(result, scene, np.asarray(own), num_steps)
            for result, scene, own in zip(solved, scenes, nodes, strict=True)
        ]

    def _run(self, program: Path, scene: SectionScene, nodes: np.ndarray, case: Path) -> FlowResult:
        write_poly_mesh(nodes, case)
        write_case(
            case,
            angle=float(scene.angle),
            speed=float(scene.speed),
            viscosity=float(scene.viscosity),
            max_steps=self.resolution * self.max_steps,
            tolerance=self.tolerance,
        )
        start = time.perf_counter()
        failure = self._attempt(program, case, start)
        if failure is _UNSETTLED and self.patience:
            last = self.resolution * (self.max_steps + self.patience)
            write_gentle(case, last=last, tolerance=self.tolerance)
            failure = self._attempt(program, case, start)
        return _read(case, scene, nodes, failure, time.perf_counter() - start)

    def _attempt(self, program: Path, case: Path, start: float) -> str | None:
        """Run a case on; why there is no flow, or `None`."""
        limit = self.resolution**3 * self.time_limit
        left = limit - (time.perf_counter() - start)
        try:
            done = subprocess.run(
                mortal([str(program), "-case", str(case)]),
                capture_output=True,
                text=True,
                timeout=max(left, 0.0),
                env=_environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"simpleFoam was stopped after {limit:g} s."
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            reason = lines[0].strip() if lines else f"exit status {done.returncode}"
            return f"simpleFoam failed: {reason}."
        rows = _coefficients(case)
        if not np.isfinite(rows).all():
            return "simpleFoam diverged."
        if _CONVERGED.search(done.stdout) or _stands(rows[-_SETTLED:, :2], self.settled):
            return None
        return _UNSETTLED


def _stands(tail: np.ndarray, settled: float) -> bool:
    """Whether the means of two rows stay within a share of the largest entry, and rows nearly."""
    size = np.abs(tail[-1]).max()
    moved, drifted = (np.ptp(x, axis=0).max() for x in (tail, 0.5 * (tail[1:] + tail[:-1])))
    return bool(moved < _FLIPS * settled * size and drifted < settled * size)


def _read(
    case: Path, scene: SectionScene, nodes: np.ndarray, failure: str | None, seconds: float
) -> FlowResult:
    rows = _coefficients(case)
    if failure is _UNSETTLED:
        failure = failure.format(len(rows))
    partial = FlowResult(None, iterations=len(rows), seconds=seconds)
    if failure is not None:
        return dataclasses.replace(partial, failure=failure)
    lift, drag, moment = rows[-1].tolist()
    if drag <= 0:
        failure = f"simpleFoam ended with a drag of {drag:.3g}, which no flow has."
        return dataclasses.replace(partial, failure=failure, kind=RESULTS.negative_drag)
    flow = _flow(case, nodes, scene)
    return dataclasses.replace(partial, flow=flow, lift=lift, drag=drag, moment=moment)


def _trajectory(
    result: FlowResult, scene: SectionScene, nodes: np.ndarray, num_steps: int
) -> Trajectory:
    """A steady flow as a trajectory that stands still; NaN where there is none."""
    flow, code = result.flow, RESULTS.successful
    if flow is None:
        flow, code = _unknown_flow(nodes, scene), result.kind
    flow = jax.tree.map(lambda x: np.asarray(x, np.float32), flow)
    frames = jax.tree.map(lambda x: np.repeat(x[None], num_steps, axis=0), flow)
    return Trajectory(initial=flow, frames=frames, final=None, result=as_code(code))


def _unknown_flow(nodes: np.ndarray | jax.Array, scene: SectionScene) -> SectionFlow:
    num_layers, num = nodes.shape[0] - 1, nodes.shape[1]

    def nothing(*shape: int) -> jax.Array:
        return jnp.full(shape, jnp.nan)

    return SectionFlow(
        nodes=jnp.asarray(nodes),
        velocity=nothing(num_layers, num, 2),
        pressure=nothing(num_layers, num),
        eddy_viscosity=nothing(num_layers, num),
        shear=nothing(num, 2),
        stream=scene.stream,
    )


def _environment() -> dict[str, str]:
    """Debian's programs look for their settings in a folder they have to be told."""
    if "WM_PROJECT_DIR" in os.environ or not _DEBIAN.is_dir():
        return dict(os.environ)
    return {**os.environ, "WM_PROJECT_DIR": str(_DEBIAN)}


@eqx.filter_jit
def _grid(grid: OGrid, surface: jax.Array, substeps: int = 1) -> jax.Array:
    return grid(surface, substeps=substeps)


def _coefficients(case: Path) -> np.ndarray:
    """Lift, drag and moment of every iteration, `(iteration, 3)`."""
    paths = (case / "postProcessing" / "coefficients").glob("*/*.dat")
    tables = []
    for path in sorted(paths, key=lambda path: int(path.parent.name)):  # an attempt each
        lines = path.read_text().splitlines()
        names = next(line for line in lines if line.startswith("# Time"))[1:].split()
        index = [names.index(name) for name in _COLUMNS]
        tables.append(np.loadtxt(path, ndmin=2)[:, index])
    return np.concatenate(tables) if tables else np.zeros((0, len(_COLUMNS)))


def _flow(case: Path, nodes: np.ndarray, scene: SectionScene) -> SectionFlow:
    """The fields of the last iteration."""
    last = max(
        (path for path in case.iterdir() if path.name.isdecimal()), key=lambda p: int(p.name)
    )
    num_layers, num = nodes.shape[0] - 1, nodes.shape[1]

    def cells(name: str) -> jax.Array:
        values = read_internal(last / name, num_layers * num)
        return jnp.asarray(values.reshape(num_layers, num, *values.shape[1:]))

    # OpenFOAM writes the stress of the surface on the fluid.
    shear = -read_patch(last / "wallShearStress", "wing", num)[:, :2]
    return SectionFlow(
        nodes=jnp.asarray(nodes),
        velocity=cells("U")[..., :2],
        pressure=cells("p"),
        eddy_viscosity=cells("nuTilda"),
        shear=jnp.asarray(shear),
        stream=scene.stream,
    )
