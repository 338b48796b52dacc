"""What the run of a task on fields leaves for the eye."""

from pathlib import Path
from typing import Any

import numpy as np

from ..._judged import Judged
from ..._task import first_scene
from ..._verify import Judgement
from ...io._reading import read_json
from ...io._run_directory import RunDirectory, read_run_directory
from ...viz import save_figure
from ...viz._run_figure import run_subtitle, run_title
from ...viz._space_time import space_time_figure
from ...viz.exhibit import Exhibit, titles
from .._showing import AbstractShowing
from ._exhibit import fields_exhibit
from ._fields_file import StoredFields, read_fields, write_fields
from ._steer import FieldMatch

_FILE = "fields.npz"


class FieldShowing(AbstractShowing):
    """Fields over space and time: the first design, the optimized one, the same in the solver."""

    files = (_FILE,)

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        score = judged.task.score
        scene = first_scene(judged.task, judged.task.space.decode(judged.task.space.initial()))
        trusted = None if judged.trusted is judged.after else judged.trusted
        stored = StoredFields(
            initial=_fields(judged.before),
            simulated=_fields(judged.after),
            reference=None if trusted is None else _fields(trusted),
            target=np.asarray(score.target) if isinstance(score, FieldMatch) else None,
            dt=simulator.dt,
            length=scene.length,
        )
        write_fields(run / _FILE, stored)
        return True

    def draw(self, run: RunDirectory) -> list[Path]:
        if not (run / _FILE).exists():
            return []
        read = read_run_directory(run.path)
        verified = (
            read_json(run / "verification.json") if (run / "verification.json").exists() else {}
        )
        figure = fields_figure(read_fields(run / _FILE), {**read.configuration, **verified})
        return [save_figure(run / "figure.png", figure)]

    def exhibit(self, run: RunDirectory) -> Exhibit:
        path = run / _FILE
        if not path.exists():
            return Exhibit()
        return fields_exhibit(read_fields(path), titles(run.configuration))


def _fields(judgement: Judgement) -> np.ndarray:
    trajectory = judgement.trajectory
    return np.concatenate([trajectory.initial.field[None], trajectory.frames.field])


def fields_figure(stored: StoredFields, summary: dict[str, Any]) -> Any:
    """The picture of a run; `summary` as `run_title` takes it."""
    shown = {
        "first design": stored.initial,
        "optimized": stored.simulated,
        "optimized, reference solver": stored.reference,
    }
    panels = [(name, frames) for name, frames in shown.items() if frames is not None]
    target = {} if stored.target is None else {"target": stored.target}
    ends = {name: frames[-1] for name, frames in panels}
    return space_time_figure(
        panels,
        {**target, **ends},
        length=stored.length,
        dt=stored.dt,
        title=run_title(summary),
        subtitle=run_subtitle(summary),
        curves_title="The last frame",
    )
