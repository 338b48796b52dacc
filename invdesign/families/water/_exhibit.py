"""What a report shows of the run of a water task."""

from typing import Any

import numpy as np

from ...io._outline import rings, tool_outline
from ...io._trajectory_file import StoredTrajectory, known_frames
from ...viz._goals import goals, inside
from ...viz.exhibit import AbstractLayer, Box, Discs, Exhibit, Panel, Replay, Shapes

_OVERLAP = 1.2  # as in the figures: moving water is not packed like a lattice
_CAPTION = (
    "The first unseen scene; shares in the goal are of this scene alone, scores are means over all "
    "unseen ones. Water in the goal is drawn stronger; the dotted outline is the tool that the "
    "search started from."
)


def water_exhibit(stored: StoredTrajectory, names: tuple[str, str, str]) -> Exhibit:
    """The water of a run: first tool, optimized tool, and the same in the reference solver."""
    first = _outline(stored.initial_tool_segments, stored.initial_tool_radius)
    last = _outline(stored.tool_segments, stored.tool_radius)
    panels = [
        _panel(names[0], stored, stored.initial, [Shapes(first, "ink")]),
        _panel(names[1], stored, stored.simulated, _both(first, last)),
    ]
    if stored.reference is not None:
        panels.append(_panel(names[2], stored, stored.reference, _both(first, last)))
    return Exhibit([Replay("Before and after", panels, stored.dt, caption=_CAPTION)])


def _both(first: list[np.ndarray], last: list[np.ndarray]) -> list[AbstractLayer]:
    return [Shapes(first, "muted", filled=False), Shapes(last, "ink")]


def _outline(segments: Any, radius: Any) -> list[np.ndarray]:
    return rings(tool_outline(segments, radius))


def _panel(title: str, stored: StoredTrajectory, frames: Any, tool: list[AbstractLayer]) -> Panel:
    position = np.asarray(frames)
    region = None if stored.region is None else np.asarray(stored.region)
    boxes = [] if region is None else goals(region)
    under, over = [Box(*box) for box in boxes], [Box(*box, filled=False) for box in boxes]
    obstacles = (
        [Shapes(_outline(stored.obstacle_segments, stored.obstacle_radius), "obstacle")]
        if len(stored.obstacle_segments)
        else []
    )
    water = Discs(position, _OVERLAP * stored.spacing, region)
    return Panel(
        title,
        [*under, *obstacles, water, *over, *tool],
        np.asarray(stored.lower),
        np.asarray(stored.upper),
        readings=_readings(position, region),
    )


def _readings(position: np.ndarray, region: np.ndarray | None) -> list[str]:
    """How much of the water is in the goal at each frame, or that a simulation has failed."""
    known = known_frames(position)
    shares = (
        [] if region is None else [f"{inside(p, region).mean():.0%} in the goal" for p in position]
    )
    failed = [f"failed at frame {known}"] * (len(position) - known)
    return [*shares[:known], *failed] if shares else [*[""] * known, *failed] * bool(failed)
