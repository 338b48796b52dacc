"""Showing of worlds whose runs are trajectories of points in a plane on a stage."""

import abc
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .._judged import Judged
from .._solve import load_history
from .._verify import Judgement
from ..io._arrays import ArraySchema, check_arrays
from ..io._atomic import write_bytes
from ..io._npz import read_npz, write_npz
from ..io._reading import read_json
from ..io._run_directory import RunDirectory
from ..io._trajectory_file import known_frames
from ..viz import save_figure
from ..viz._run_figure import run_subtitle, run_title
from ..viz._stage import AbstractStage, Runs, ends_figure, stage_animation
from ..viz.exhibit import Exhibit, Panel, Replay, titles
from ._showing import AbstractShowing, failures_of

_SIMULATIONS = ("initial", "simulated", "reference")
# What a simulation that failed had come to is not finite from some frame on.
_SCHEMA = {
    "dt": ArraySchema("", above=0.0),
    "initial": ArraySchema("time node 2", finite=False),
    "simulated": ArraySchema("time node 2", finite=False),
    "reference": ArraySchema("time node 2", finite=False, optional=True),
}


class StagedShowing(AbstractShowing):
    """The first unseen condition: initial design, optimized design, both simulators.

    - `file`: what pictures are drawn from; `still`: schema of what it holds besides trajectories.
    - `solver`: what the reference's picture is called; `caption`: of the report's player.
    """

    file: ClassVar[str]
    still: ClassVar[Mapping[str, ArraySchema]]
    solver: ClassVar[str]
    caption: ClassVar[str]

    @abc.abstractmethod
    def stand(self, judged: Judged) -> dict[str, np.ndarray]:
        """What does not move, as `still` has it."""

    def beside(self, judged: Judged, latent: np.ndarray) -> np.ndarray:
        """Points of a design that do not move, kept behind those that do, `(point, 2)`."""
        return np.zeros((0, 2))

    @abc.abstractmethod
    def stage(self, arrays: Mapping[str, np.ndarray]) -> Any:
        """What trajectories are drawn on."""

    @abc.abstractmethod
    def panel(self, stage: Any, title: str, frames: np.ndarray, limits: np.ndarray) -> Panel:
        """A trajectory for the report's player, within `limits`."""

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        trusted = None if judged.trusted is judged.after else judged.trusted
        played = dict(zip(_SIMULATIONS, (judged.before, judged.after, trusted), strict=True))
        arrays = {}
        for name, each in played.items():
            if each is not None:
                latent = judged.start if each is judged.before else judged.latent
                arrays[name] = _frames(each, self.beside(judged, latent))
        dt = np.asarray(simulator.dt, np.float32)
        write_npz(run / self.file, dt=dt, **self.stand(judged), **arrays)
        return True

    def shown(self, run: RunDirectory, names: tuple[str, ...]) -> tuple[AbstractStage, Runs, float]:
        """What stands still, trajectories by their names, and seconds a frame."""
        arrays = self._read(run)
        runs = [
            (name, standing_still(arrays[key]))
            for key, name in zip(_SIMULATIONS, names, strict=True)
            if key in arrays
        ]
        return self.stage(arrays), runs, float(arrays["dt"])

    def draw(self, run: RunDirectory) -> list[Path]:
        if not (run / self.file).exists():
            return []
        names = ("Initial design", "Optimized design", f"The same in {self.solver}")
        stage, runs, dt = self.shown(run, names)
        path = run / "verification.json"
        numbers = {**run.configuration, **(read_json(path) if path.exists() else {})}
        history = load_history(run / "history.csv").columns
        figure = ends_figure(
            stage, runs, history, title=run_title(numbers), subtitle=run_subtitle(numbers)
        )
        return [
            save_figure(run / "figure.png", figure),
            write_bytes(run / "animation.gif", stage_animation(stage, runs, dt=dt)),
        ]

    def exhibit(self, run: RunDirectory) -> Exhibit:
        if not (run / self.file).exists():
            return Exhibit()
        stage, runs, dt = self.shown(run, titles(run.configuration))
        limits = stage.limits(runs)
        panels = [self.panel(stage, name, frames, limits) for name, frames in runs]
        return Exhibit([Replay("Before and after", panels, dt, caption=self.caption)])

    def failures(self, run: RunDirectory) -> list[str]:
        if not (run / self.file).exists():
            return []
        arrays = self._read(run)
        return failures_of({name: arrays[name] for name in _SIMULATIONS if name in arrays})

    def _read(self, run: RunDirectory) -> dict[str, np.ndarray]:
        schema = {**self.still, **_SCHEMA}
        return check_arrays(run / self.file, read_npz(run / self.file), schema)


def standing_still(frames: Any) -> np.ndarray:
    """Frames up to the first that is not finite, which then stands still."""
    frames = np.array(frames)
    number = max(1, known_frames(frames))
    frames[number:] = frames[number - 1]
    return frames


def _frames(judged: Judgement, beside: np.ndarray) -> np.ndarray:
    trajectory = judged.trajectory
    start = np.asarray(trajectory.initial.position)[None]
    moving = np.concatenate([start, trajectory.frames.position])
    still = np.broadcast_to(beside, (len(moving), *beside.shape))
    return np.concatenate([moving, still], axis=1).astype(np.float32)
