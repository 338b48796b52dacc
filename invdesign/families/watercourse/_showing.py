"""What the run of a watercourse task leaves for the eye and for other programs."""

from pathlib import Path
from typing import Any

import numpy as np

from ..._judged import Judged
from ..._solve import load_history
from ..._task import Task
from ..._verify import Judgement, as_design
from ...io._arrays import ArraySchema, check_arrays
from ...io._atomic import write_bytes
from ...io._design_file import write_design
from ...io._export_landscape import export_landscape
from ...io._npz import read_npz, write_npz
from ...io._reading import read_json
from ...io._run_directory import RunDirectory
from ...viz import save_figure
from ...viz._run_figure import run_subtitle, run_title
from .._showing import AbstractShowing, failures_of
from ._drawing import Course, course_animation, course_figure

_FILE = "courses.npz"
_NAMES = {
    "initial": "Initial landscape",
    "simulated": "Optimized landscape",
    "reference": "The same in the solver",
}
_CORNERS = ((0.0, 0.0), (1.0, 1.0))


class WatercourseShowing(AbstractShowing):
    """The first unseen stream: initial landscape, optimized landscape, both simulators."""

    files = (_FILE,)

    def write_design(self, run: RunDirectory, task: Task, design: Any) -> None:
        write_design(run / "design.json", design.parameters, parameter_unit="m", task=task.name)
        export_landscape(run.path, _heights(task, design), *_CORNERS)

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        task = judged.task
        trusted = None if judged.trusted is judged.after else judged.trusted
        played = zip(_NAMES, (judged.before, judged.after, trusted), strict=True)
        arrays: dict[str, np.ndarray] = {"dt": np.asarray(simulator.dt, np.float32)}
        for name, judgement in played:
            if judgement is not None:
                arrays |= {f"{name}_{key}": x for key, x in _course(judgement).items()}
        for name, latent in (("initial", judged.start), ("optimized", judged.latent)):
            heights = _heights(task, as_design(task, latent))
            arrays[f"{name}_heights"] = np.asarray(heights, np.float32)
        score: Any = task.score
        outlines = score.outlines() if hasattr(score, "outlines") else []
        for index, outline in enumerate(outlines):
            arrays[f"outline_{index}"] = np.asarray(outline, np.float32)
        write_npz(run / _FILE, **arrays)
        return True

    def draw(self, run: RunDirectory) -> list[Path]:
        if not (run / _FILE).exists():
            return []
        courses, outlines, dt = shown(run)
        path = run / "verification.json"
        numbers = {**run.configuration, **(read_json(path) if path.exists() else {})}
        figure = course_figure(
            courses,
            outlines,
            load_history(run / "history.csv").columns,
            dt=dt,
            title=run_title(numbers),
            subtitle=run_subtitle(numbers),
        )
        return [
            save_figure(run / "figure.png", figure),
            write_bytes(run / "animation.gif", course_animation(courses, outlines, dt=dt)),
        ]

    def failures(self, run: RunDirectory) -> list[str]:
        if not (run / _FILE).exists():
            return []
        courses, _, _ = shown(run)
        return failures_of({course.title: course.position for course in courses})


def _heights(task: Task, design: Any) -> np.ndarray:
    """Of the landscape that a task builds of a design, in metres."""
    heights = getattr(task.build, "heights", None)
    return np.asarray(design.heights if heights is None else heights(design))


def _course(judgement: Judgement) -> dict[str, np.ndarray]:
    """What a picture needs of a trajectory, its start first."""
    first, frames = judgement.trajectory.initial, judgement.trajectory.frames

    def over_time(of: Any) -> np.ndarray:
        return np.concatenate([np.asarray(of(first))[None], np.asarray(of(frames))])

    velocity = over_time(lambda x: x.velocity)
    return {
        "position": over_time(lambda x: x.position).astype(np.float32),
        "speed": np.linalg.norm(velocity, axis=-1).astype(np.float32),
        "shown": over_time(lambda x: ~x.passage.waiting),
        "landed": over_time(lambda x: x.passage.landed),
    }


def _schema(name: str, *, optional: bool) -> dict[str, ArraySchema]:
    """Of the arrays of one simulation; one that failed is not finite from some frame on."""
    return {
        f"{name}_position": ArraySchema("time node 3", optional=optional, finite=False),
        f"{name}_speed": ArraySchema("time node", optional=optional, finite=False),
        f"{name}_shown": ArraySchema("time node", kind="b", optional=optional),
        f"{name}_landed": ArraySchema("time node", kind="b", optional=optional),
    }


def shown(run: RunDirectory) -> tuple[list[Course], list[np.ndarray], float]:
    """Courses, outlines of the target, and seconds a frame, of a run directory.

    **Raises:** `ValueError` naming the file if it is damaged.
    """
    found = read_npz(run / _FILE)
    schemas = {
        "dt": ArraySchema("", above=0.0),
        "initial_heights": ArraySchema("x z"),
        "optimized_heights": ArraySchema("x z"),
    }
    for name in _NAMES:
        schemas |= _schema(name, optional=name == "reference")
    outlines = [name for name in found if name.startswith("outline_")]
    schemas |= {name: ArraySchema(f"{name} 2") for name in outlines}
    arrays = check_arrays(run / _FILE, found, schemas)
    courses = []
    for name, title in _NAMES.items():
        if f"{name}_position" in arrays:
            whose = "initial" if name == "initial" else "optimized"
            parts = ("position", "speed", "shown", "landed")
            course = [arrays[f"{name}_{part}"] for part in parts]
            courses.append(Course(title, arrays[f"{whose}_heights"], *course))
    return courses, [arrays[name] for name in sorted(outlines)], float(arrays["dt"])
