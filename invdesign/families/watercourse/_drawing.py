"""Watercourses as pictures: a shaded landscape, water by its speed, the target on the floor."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from ...viz._animation import even_frames, gif, picture
from ...viz._search import draw_search
from ...viz._style import GOAL_EDGE, GOAL_FILL, INK, MUTED, headline, new_figure
from ._course import CENTER, FLOOR

# The view: turned about the vertical, from above, in degrees.
_TURN, _ABOVE = 30.0, 38.0
_LIGHT = np.array([-0.5, 0.75, 0.43])
_DARK, _BRIGHT = np.array([0.42, 0.36, 0.30]), np.array([0.93, 0.88, 0.79])
_LANDED = "#12395e"
_FASTEST = 3.5  # m/s, at the end of the color scale


@dataclasses.dataclass(frozen=True)
class Course:
    """A landscape and what water does on it.

    **Arguments:** `title`; `heights`: of the unit square in metres, `(x, z)`; `position`, `speed`:
    in metres and metres a second, `(time, node, 3)` and `(time, node)`; `shown`: has left the pipe,
    `landed`: has landed, `(time, node)`.
    """

    title: str
    heights: np.ndarray
    position: np.ndarray
    speed: np.ndarray
    shown: np.ndarray
    landed: np.ndarray


def projected(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places on the picture, `(*batch, 2)`, and how far from the eye, of `(*batch, 3)`."""
    turn, above = np.deg2rad([_TURN, _ABOVE])
    x, y, z = np.moveaxis(points - [CENTER[0], 0.0, CENTER[1]], -1, 0)
    right = x * np.cos(turn) + z * np.sin(turn)
    away = x * np.sin(turn) - z * np.cos(turn)
    flat = np.stack([right, y * np.cos(above) + away * np.sin(above)], axis=-1)
    return flat, away * np.cos(above) - y * np.sin(above)


def draw_floor(axes: Axes, outlines: Sequence[np.ndarray]) -> None:
    """The floor and what is wanted on it."""
    (low, low_z), (high, high_z) = FLOOR
    corners = [[low, 0, low_z], [high, 0, low_z], [high, 0, high_z], [low, 0, high_z]]
    axes.add_collection(
        PolyCollection([projected(np.array(corners))[0]], facecolors="#f1f3f5", zorder=0)
    )
    for outline in outlines:
        points = np.insert(outline + np.asarray(CENTER), 1, 0.0, axis=1)
        axes.add_collection(
            PolyCollection(
                [projected(points)[0]], facecolors=GOAL_FILL, edgecolors=GOAL_EDGE, zorder=1
            )
        )


def draw_landscape(axes: Axes, heights: np.ndarray) -> None:
    """The sheet, cell by cell from the back, lit from one side."""
    lines = [np.linspace(0, 1, number) for number in heights.shape]
    x, z = np.meshgrid(*lines, indexing="ij")
    nodes = np.stack([x, heights, z], axis=-1)
    corners = np.stack(
        [nodes[:-1, :-1], nodes[1:, :-1], nodes[1:, 1:], nodes[:-1, 1:]], axis=2
    ).reshape(-1, 4, 3)
    normal = np.cross(corners[:, 3] - corners[:, 1], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    light = np.clip(normal @ (_LIGHT / np.linalg.norm(_LIGHT)), 0, 1)[:, None]
    colors = _DARK + light * (_BRIGHT - _DARK)
    places, depth = projected(corners)
    order = np.argsort(-depth.mean(axis=1))
    axes.add_collection(
        PolyCollection(
            list(places[order]), facecolors=colors[order], edgecolors=colors[order],
            linewidths=0.4, zorder=4,
        )
    )  # fmt: skip


def draw_water(axes: Axes, course: Course, time: int, *, size: float) -> None:
    """Water at a time: on the floor, behind the landscape, on it and in front of it."""
    position = course.position[time]
    places, _ = projected(position)
    flat = position[:, [0, 2]]
    inside = ((flat >= 0) & (flat <= 1)).all(axis=1)
    near = projected(np.insert(flat, 1, 0.0, axis=1))[1] < 0
    landed, shown = course.landed[time], course.shown[time] & ~course.landed[time]
    axes.scatter(*places[landed].T, s=0.7 * size, color=_LANDED, linewidths=0, zorder=2)
    for chosen, order in ((shown & ~inside & ~near, 3), (shown & (inside | near), 5)):
        axes.scatter(
            *places[chosen].T, c=course.speed[time][chosen], cmap="cool", vmin=0.0, vmax=_FASTEST,
            s=size, linewidths=0, zorder=order,
        )  # fmt: skip


def draw_course(
    axes: Axes, course: Course, outlines: Sequence[np.ndarray], time: int, *, size: float = 7.0
) -> None:
    """One moment of a course."""
    draw_floor(axes, outlines)
    draw_landscape(axes, course.heights)
    draw_water(axes, course, time, size=size)
    corners = [[x, 0, z] for x in (FLOOR[0][0], FLOOR[1][0]) for z in (FLOOR[0][1], FLOOR[1][1])]
    places = projected(np.array(corners))[0]
    axes.set(
        xlim=(places[:, 0].min(), places[:, 0].max()),
        ylim=(places[:, 1].min(), places[:, 1].max() + 0.1),
        aspect="equal",
    )
    axes.axis("off")


def course_figure(
    courses: Sequence[Course],
    outlines: Sequence[np.ndarray],
    history: Mapping[str, np.ndarray],
    *,
    dt: float,
    title: str,
    subtitle: str,
) -> Figure:
    """Every course halfway and at its end, and the search."""
    number = len(courses)
    figure = new_figure(3.6 * (number + 1), 6.4)
    grid = figure.add_gridspec(
        2, number + 1, left=0.02, right=0.98, top=0.84, bottom=0.09, wspace=0.06, hspace=0.1
    )
    for column, course in enumerate(courses):
        last = len(course.position) - 1
        for row, time in enumerate((round(0.3 * last), last)):
            axes = figure.add_subplot(grid[row, column])
            draw_course(axes, course, outlines, time)
            share = course.landed[time].mean()
            said = course.title if row == 0 else ""
            axes.set_title(said, size=10, color=INK, loc="left")
            axes.set_title(f"{time * dt:.2f} s, {share:.0%} landed", size=8.5, color=MUTED,
                           loc="right")  # fmt: skip
    axes = figure.add_subplot(grid[:, number])
    box = axes.get_position()
    axes.set_position((box.x0 + 0.03, box.y0 + 0.06, box.width - 0.04, box.height - 0.12))
    draw_search(axes, history)
    headline(figure, title, subtitle)
    return figure


def course_animation(
    courses: Sequence[Course], outlines: Sequence[np.ndarray], *, dt: float, max_frames: int = 60
) -> bytes:
    """A GIF of courses side by side, on one clock."""
    side = max(3.2, 6.4 / len(courses))
    figure = new_figure(side * len(courses), 0.8 * side)
    canvas = FigureCanvasAgg(figure)
    pictures = []
    for time in even_frames(len(courses[0].position), max_frames):
        figure.clear()
        for index, course in enumerate(courses):
            axes = figure.add_axes(((index + 0.01) / len(courses), 0.01, 0.98 / len(courses), 0.88))
            draw_course(axes, course, outlines, time, size=5.0)
            axes.set_title(course.title, loc="left", size=9, color=INK)
            axes.set_title(f"{time * dt:.2f} s", loc="right", size=9, color=MUTED)
        pictures.append(picture(canvas))
    return gif(pictures, 2 * dt)
