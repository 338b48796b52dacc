"""What a report shows of the run of a task of strips."""

import numpy as np

from ...scenes import NodeKind
from ...viz.exhibit import Box, Exhibit, Links, Panel, Replay
from ._drawing import Mesh, Runs

_CAPTION = "One unseen condition. Squares are held, gray nodes move as the task says."


def strips_exhibit(mesh: Mesh, runs: Runs, dt: float) -> Exhibit:
    """Trajectories side by side, in their order."""
    limits = mesh.limits(runs)
    panels = [_panel(name, mesh, frames, limits) for name, frames in runs]
    return Exhibit([Replay("Before and after", panels, dt, caption=_CAPTION)])


def _panel(title: str, mesh: Mesh, frames: np.ndarray, limits: np.ndarray) -> Panel:
    given = (mesh.kind[mesh.edges] == NodeKind.DRIVEN).all(axis=1)
    squares, dots = (
        np.flatnonzero(mesh.kind == kind).tolist() for kind in (NodeKind.HELD, NodeKind.DRIVEN)
    )
    goal = [] if mesh.region is None else [Box(*mesh.region), Box(*mesh.region, filled=False)]
    strip = Links(frames, mesh.edges, given, squares, dots)
    return Panel(title, [*goal[:1], strip, *goal[1:]], *limits)
