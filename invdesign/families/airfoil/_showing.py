"""What the run of an airfoil task leaves for the eye, and the section's files."""

from pathlib import Path
from typing import Any

from ..._judged import Judged
from ..._task import Task
from ..._verify import as_design
from ...io import export_section
from ...io._design_file import write_design
from ...io._run_directory import RunDirectory
from ...reference import Consulted, OpenFOAM
from ...simulators import FlowSimulator
from ...spaces import SectionDesign
from ...viz.exhibit import Exhibit, titles
from .._showing import AbstractShowing
from ._exhibit import foil_exhibit
from ._flows_file import read_flows
from ._grids import GRIDS, saved_by_grid
from ._outputs import draw_foil_outputs, write_foil_outputs

_FILE = "flows.npz"


class FoilShowing(AbstractShowing):
    """Flows and polars of the first and of the optimized section."""

    files = (_FILE,)

    def write_design(self, run: RunDirectory, task: Task, design: Any) -> None:
        if not isinstance(design, SectionDesign):
            super().write_design(run, task, design)
            return
        unit = "chord, angles of attack in rad"
        write_design(run / "design.json", design.parameters, parameter_unit=unit, task=task.name)
        export_section(run.path, design.surface, name=task.name)

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        design = as_design(judged.task, judged.latent)
        through = simulator.reference if isinstance(simulator, Consulted) else simulator
        known = isinstance(through, FlowSimulator | OpenFOAM)
        if not (isinstance(design, SectionDesign) and known):
            return False
        write_foil_outputs(run, judged, simulator, reference)
        return True

    def draw(self, run: RunDirectory) -> list[Path]:
        return draw_foil_outputs(run) if (run / _FILE).exists() else []

    def exhibit(self, run: RunDirectory) -> Exhibit:
        path = run / _FILE
        if not path.exists():
            return Exhibit()
        return foil_exhibit(read_flows(path), titles(run.configuration))

    def remarks(self, run: RunDirectory) -> list[str]:
        return saved_by_grid(run / GRIDS)
