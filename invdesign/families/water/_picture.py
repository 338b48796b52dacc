"""What the pictures of a run are made of."""

from typing import Any

import equinox as eqx
import numpy as np

from ..._task import Task, first_scene
from ..._verify import Judgement, as_design
from ...io._trajectory_file import StoredTrajectory
from ...scenes import ParticleFrame, ParticleScene


def has_picture(task: Task) -> bool:
    """Whether a task has plane water and a tool of segments, which is all that figures can show."""

    def initial():
        design = task.space.decode(task.space.initial())
        # Asked here: a composite design puts its segments together, which takes arrays.
        return first_scene(task, design), getattr(design, "segments", None)

    scene, segments = eqx.filter_eval_shape(initial)
    plane = isinstance(scene, ParticleScene) and scene.position.shape[-1] == 2
    return plane and segments is not None and not scene.bodies


def lattice_spacing(position: np.ndarray) -> float:
    """Median distance of each particle `(node, dim)` to the nearest other one."""
    if len(position) < 2:
        return 0.0125
    squared = ((position[:, None] - position[None]) ** 2).sum(-1)
    np.fill_diagonal(squared, np.inf)
    return float(np.median(np.sqrt(squared.min(axis=1))))


def positions(judgement: Judgement) -> np.ndarray:
    """`(time, node, 2)` of a judgement's trajectory, the start first."""
    start, frames = judgement.trajectory.initial, judgement.trajectory.frames
    assert isinstance(frames, ParticleFrame)
    return np.concatenate([np.asarray(start.position)[None], np.asarray(frames.position)])


def stored_trajectory(
    task: Task,
    start: Any,
    latent: Any,
    before: Judgement,
    after: Judgement,
    trusted: Judgement | None,
    *,
    dt: float,
) -> StoredTrajectory:
    """The first unseen condition of a run, with the initial tool and with the optimized one.

    **Arguments:**

    - `start`, `latent`: the latents of the two tools.
    - `before`, `after`: their judgements under the simulator that was descended through.
    - `trusted`: the second tool's under the reference solver, unless that is the same.
    - `dt`: seconds between two frames.
    """
    first, last = as_design(task, start), as_design(task, latent)
    scene = first_scene(task, last)
    tool = last.segments.shape[0]
    initial = positions(before)
    return StoredTrajectory(
        lower=scene.lower,
        upper=scene.upper,
        region=None if task.region is None else np.asarray(task.region),
        spacing=lattice_spacing(initial[0]),
        dt=dt,
        tool_segments=last.segments,
        tool_radius=last.segment_radius,
        initial_tool_segments=first.segments,
        initial_tool_radius=first.segment_radius,
        obstacle_segments=scene.segments[tool:],
        obstacle_radius=scene.segment_radius[tool:],
        initial=initial,
        simulated=positions(after),
        reference=None if trusted is None else positions(trusted),
    )
