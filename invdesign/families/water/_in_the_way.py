"""Random tools where the water is going: chains, blades and walls that it hits and slides along."""

from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
DrawLinks = Callable[[Rng], tuple[np.ndarray, np.ndarray]]  # lengths in metres, bends in rad
_FALL = 0.5 * 9.81  # m/s^2
_EDGE = 0.02  # metres that tools keep from the box's walls
_OFF = 0.03  # metres by which they miss the point, a standard deviation along each axis


def tool_in_the_way(
    rng: Rng, position: np.ndarray, velocity: np.ndarray, draw_links: DrawLinks
) -> np.ndarray:
    """A tool through a point that some of the water would fly through, `(vertex, 2)`.

    **Arguments:**

    - `position`, `velocity`: of the particles at the start, `(node, 2)`, m and m/s.
    - `draw_links`: lengths in metres and bends in rad of the tool's links.
    """
    while True:
        one = rng.integers(len(position))
        point = _on_the_way(rng, position[one], velocity[one])
        line = unfolded(rng, draw_links)
        line = line - line[rng.integers(len(line))] + point + _OFF * rng.normal(size=2)
        if is_inside(line):
            return line


def unfolded(rng: Rng, draw_links: DrawLinks) -> np.ndarray:
    """A polyline of the drawn links that begins at zero, at any angle, `(vertex, 2)`."""
    lengths, bends = draw_links(rng)
    angle = rng.uniform(0, 2 * np.pi) + np.cumsum(bends)
    steps = lengths[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])


def is_inside(line: np.ndarray) -> bool:
    """Whether a line keeps off the walls of the unit box."""
    return bool(line.min() > _EDGE and line.max() < 1 - _EDGE)


def wall(rng: Rng) -> np.ndarray:
    """An upright or a level wall, many of them on the floor, `(2, 2)`."""
    long = rng.uniform(0.1, 0.6)
    x, y = rng.uniform(_EDGE, 1 - _EDGE, 2)
    if rng.random() < 0.3:
        start = min(x, 1 - _EDGE - long)
        return np.array([[start, y], [start + long, y]])
    foot = _EDGE if rng.random() < 0.6 else min(y, 1 - _EDGE - long)
    return np.array([[x, foot], [x, foot + long]])


def _on_the_way(rng: Rng, start: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """A point of free flight before the floor, brought back into the box."""
    up = velocity[1]
    last = (up + np.sqrt(up**2 + 4 * _FALL * max(start[1] - 0.08, 0.0))) / (2 * _FALL)
    time = rng.uniform(0.08, max(last, 0.12))
    point = start + time * velocity - np.array([0.0, _FALL * time**2])
    return np.clip(point, 0.06, 0.94)


def chain(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Lengths in metres and bends in rad of a chain of up to 16 links, as long as the box is."""
    number = int(rng.integers(6, 17))
    lengths = np.full(number, rng.uniform(0.4, 1.3) / number)
    turn, rough = rng.normal() * 2.0 / number, rng.uniform(0.05, 0.45)
    return lengths, np.clip(turn + rough * rng.normal(size=number), -0.7, 0.7)


def blade(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """One straight piece."""
    return rng.uniform(0.07, 0.2, 1), np.zeros(1)
