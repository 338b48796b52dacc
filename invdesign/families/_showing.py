"""What a world's runs leave for the eye and for other programs."""

import abc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._judged import Judged
from .._task import Task
from ..io._design_file import write_design
from ..io._run_directory import RunDirectory
from ..io._trajectory_file import known_frames
from ..viz.exhibit import Exhibit
from ._tool import write_tool


class AbstractShowing(abc.ABC):
    """Files, figures and an animation of a run; none of them is needed to go on with it.

    - `files`: names of the files that pictures are drawn from, whose checksums a result holds.
    """

    files: tuple[str, ...] = ()

    def write_design(self, run: RunDirectory, task: Task, design: Any) -> None:
        """Write `design.json`, and a design's files for other programs: by default a tool's."""
        if hasattr(design, "segments"):
            write_tool(run, task.name, design)
            return
        write_design(run / "design.json", design.parameters, parameter_unit="1", task=task.name)

    @abc.abstractmethod
    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        """Write what pictures are drawn from; whether such a design has any.

        **Arguments:** `simulator`: that was descended through; `reference`: the solver that
        verified, or `None`.
        """

    @abc.abstractmethod
    def draw(self, run: RunDirectory) -> list[Path]:
        """Draw `figure.png` and `animation.gif` of a run from its files, if it has any to draw."""

    def exhibit(self, run: RunDirectory) -> Exhibit:
        """What a report shows of a run, from its files alone; by default nothing.

        **Raises:** `ValueError` naming the file that is missing or damaged.
        """
        return Exhibit()

    def failures(self, run: RunDirectory) -> list[str]:
        """Sentences on simulations that a run's picture shows up to where they failed."""
        return []

    def remarks(self, run: RunDirectory) -> list[str]:
        """Sentences on what a run's files say beside its scores; by default none.

        **Raises:** `ValueError` naming the file that is damaged.
        """
        return []

    def touching(self, design: Any, frames: Any, gap: float) -> Any:
        """Of every frame, whether what moves touches the design, within `gap` metres; traceable.

        `None` where nobody knows.
        """
        return None


def failures_of(simulations: Mapping[str, Any]) -> list[str]:
    """A sentence for each simulation whose positions, `(time, node, dim)`, end too early."""
    return [
        f"the simulation `{name}` failed after {known_frames(frames)} of {len(frames)} frames"
        for name, frames in simulations.items()
        if known_frames(frames) < len(frames)
    ]
