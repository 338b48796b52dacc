"""What the run of a task of strips leaves for the eye."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._judged import Judged
from ..._solve import load_history
from ..._task import first_scene
from ..._verify import Judgement
from ...io._arrays import ArraySchema, check_arrays
from ...io._atomic import write_bytes
from ...io._npz import read_npz, write_npz
from ...io._reading import read_json
from ...io._run_directory import RunDirectory
from ...io._trajectory_file import known_frames
from ...viz import save_figure
from ...viz._run_figure import run_subtitle, run_title
from ...viz.exhibit import Exhibit, titles
from .._showing import AbstractShowing
from ._drawing import Mesh, known, run_figure, strip_animation
from ._exhibit import strips_exhibit

_FILE = "strips.npz"
_SIMULATIONS = ("initial", "simulated", "reference")
_SCHEMA = {
    "edges": ArraySchema("pair 2", "iu"),
    "kind": ArraySchema("node", "iu"),
    "region": ArraySchema("2 2", optional=True),
    "dt": ArraySchema("", above=0.0),
    # What a simulation that failed had come to is not finite from some frame on.
    "initial": ArraySchema("time node 2", finite=False),
    "simulated": ArraySchema("time node 2", finite=False),
    "reference": ArraySchema("time node 2", finite=False, optional=True),
}
_NAMES = {
    "initial": "Initial design",
    "simulated": "Optimized design",
    "reference": "The same in the springs",
}


class ElasticShowing(AbstractShowing):
    """The first unseen condition: initial design, optimized design, both simulators."""

    files = (_FILE,)

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        task = judged.task
        design = task.space.decode(jnp.asarray(judged.latent))
        scene = jax.device_get(first_scene(task, design))
        trusted = None if judged.trusted is judged.after else judged.trusted
        played = dict(zip(_SIMULATIONS, (judged.before, judged.after, trusted), strict=True))
        arrays = {name: _frames(each) for name, each in played.items() if each is not None}
        if task.region is not None:
            arrays["region"] = np.asarray(task.region, np.float32)
        write_npz(
            run / _FILE,
            edges=np.asarray(scene.edges, np.int32),
            kind=np.asarray(scene.kind, np.int32),
            dt=np.asarray(simulator.dt, np.float32),
            **arrays,
        )
        return True

    def draw(self, run: RunDirectory) -> list[Path]:
        if not (run / _FILE).exists():
            return []
        arrays = _read(run)
        mesh = Mesh(arrays["edges"], arrays["kind"], arrays.get("region"))
        runs = [(_NAMES[name], known(arrays[name])) for name in _SIMULATIONS if name in arrays]
        path = run / "verification.json"
        numbers = {**run.configuration, **(read_json(path) if path.exists() else {})}
        history = load_history(run / "history.csv").columns
        figure = run_figure(
            mesh, runs, history, title=run_title(numbers), subtitle=run_subtitle(numbers)
        )
        moving = strip_animation(mesh, runs, dt=float(arrays["dt"]))
        return [
            save_figure(run / "figure.png", figure),
            write_bytes(run / "animation.gif", moving),
        ]

    def exhibit(self, run: RunDirectory) -> Exhibit:
        if not (run / _FILE).exists():
            return Exhibit()
        arrays = _read(run)
        mesh = Mesh(arrays["edges"], arrays["kind"], arrays.get("region"))
        names = dict(zip(_SIMULATIONS, titles(run.configuration), strict=True))
        runs = [(names[name], known(arrays[name])) for name in _SIMULATIONS if name in arrays]
        return strips_exhibit(mesh, runs, float(arrays["dt"]))

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


def _frames(judged: Judgement) -> np.ndarray:
    trajectory = judged.trajectory
    start = np.asarray(trajectory.initial.position)[None]
    return np.concatenate([start, trajectory.frames.position]).astype(np.float32)
