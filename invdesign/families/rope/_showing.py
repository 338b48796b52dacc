"""What the run of a task of ropes leaves for the eye."""

from pathlib import Path
from typing import Any

import numpy as np

from ..._judged import Judged
from ..._solve import load_history
from ..._verify import Judgement
from ...io._arrays import ArraySchema, check_arrays
from ...io._atomic import write_bytes
from ...io._npz import read_npz, write_npz
from ...io._reading import read_json
from ...io._run_directory import RunDirectory
from ...io._trajectory_file import known_frames
from ...viz import save_figure
from ...viz._run_figure import run_subtitle, run_title
from ...viz.exhibit import Exhibit, Links, Panel, Replay, titles
from .._showing import AbstractShowing
from ._drawing import Runs, Stage, rope_animation, run_figure
from ._throw import ShapeMatch

_FILE = "ropes.npz"
_SIMULATIONS = ("initial", "simulated", "reference")
_SCHEMA = {
    "target": ArraySchema("node 2", optional=True),
    "dt": ArraySchema("", above=0.0),
    # What a simulation that failed had come to is not finite from some frame on.
    "initial": ArraySchema("time node 2", finite=False),
    "simulated": ArraySchema("time node 2", finite=False),
    "reference": ArraySchema("time node 2", finite=False, optional=True),
}
_NAMES = ("Initial design", "Optimized design", "The same in MuJoCo")
_CAPTION = "One unseen condition. The square is held; gray is the shape that is wanted at the end."


class RopeShowing(AbstractShowing):
    """The first unseen condition: initial design, optimized design, both simulators."""

    files = (_FILE,)

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        score = judged.task.score
        trusted = None if judged.trusted is judged.after else judged.trusted
        played = dict(zip(_SIMULATIONS, (judged.before, judged.after, trusted), strict=True))
        arrays = {name: _frames(each) for name, each in played.items() if each is not None}
        if isinstance(score, ShapeMatch):
            arrays["target"] = np.asarray(score.target, np.float32)
        write_npz(run / _FILE, dt=np.asarray(simulator.dt, np.float32), **arrays)
        return True

    def draw(self, run: RunDirectory) -> list[Path]:
        if not (run / _FILE).exists():
            return []
        stage, runs, dt = shown(run, _NAMES)
        path = run / "verification.json"
        numbers = {**run.configuration, **(read_json(path) if path.exists() else {})}
        history = load_history(run / "history.csv").columns
        figure = run_figure(
            stage, runs, history, title=run_title(numbers), subtitle=run_subtitle(numbers)
        )
        return [
            save_figure(run / "figure.png", figure),
            write_bytes(run / "animation.gif", rope_animation(stage, runs, dt=dt)),
        ]

    def exhibit(self, run: RunDirectory) -> Exhibit:
        if not (run / _FILE).exists():
            return Exhibit()
        stage, runs, dt = shown(run, titles(run.configuration))
        limits = stage.limits(runs)
        panels = [_panel(name, stage, frames, limits) for name, frames in runs]
        return Exhibit([Replay("Before and after", panels, dt, caption=_CAPTION)])

    def failures(self, run: RunDirectory) -> list[str]:
        if not (run / _FILE).exists():
            return []
        arrays = _read(run)
        shown = {name: arrays[name] for name in _SIMULATIONS if name in arrays}
        return [
            f"the simulation `{name}` failed after {known_frames(frames)} of {len(frames)} frames"
            for name, frames in shown.items()
            if known_frames(frames) < len(frames)
        ]


def _read(run: RunDirectory) -> dict[str, np.ndarray]:
    return check_arrays(run / _FILE, read_npz(run / _FILE), _SCHEMA)


def shown(run: RunDirectory, names: tuple[str, ...]) -> tuple[Stage, Runs, float]:
    """What stands still, trajectories by their names, and seconds a frame."""
    arrays = _read(run)
    runs = [
        (name, known(arrays[key]))
        for key, name in zip(_SIMULATIONS, names, strict=True)
        if key in arrays
    ]
    return Stage(arrays.get("target")), runs, float(arrays["dt"])


def _panel(title: str, stage: Stage, frames: np.ndarray, limits: np.ndarray) -> Panel:
    number = frames.shape[1]
    pairs = np.stack([np.arange(number - 1), np.arange(1, number)], axis=1)
    layers = [Links(frames, pairs, np.zeros(number - 1, bool), [0], [])]
    if stage.target is not None:
        wanted = np.broadcast_to(stage.target[None], (len(frames), *stage.target.shape))
        layers.insert(0, Links(wanted, pairs, np.ones(number - 1, bool), [], []))
    return Panel(title, layers, *limits)


def known(frames: Any) -> np.ndarray:
    """Frames up to the first that is not finite, which then stands still."""
    frames = np.array(frames)
    number = max(1, known_frames(frames))
    frames[number:] = frames[number - 1]
    return frames


def _frames(judged: Judgement) -> np.ndarray:
    trajectory = judged.trajectory
    start = np.asarray(trajectory.initial.position)[None]
    return np.concatenate([start, trajectory.frames.position]).astype(np.float32)
