"""Random water scenes: what a particle simulator learns from. The tasks' tools never occur."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..._host_geometry import segment_distance
from ._in_the_way import DrawLinks, Rng, blade, chain, is_inside, tool_in_the_way, unfolded, wall

DrawLine = Callable[[Rng], np.ndarray]  # a polyline inside the unit box, (vertex, 2) in metres

# Blocks of 256 particles in all: one, two or four of equal size.
_LAYOUTS = (
    ((16, 16),),
    ((32, 8),),
    ((8, 32),),
    ((64, 4),),
    ((8, 16), (8, 16)),
    ((16, 8), (8, 16)),
    ((16, 8), (16, 8)),
    ((8, 8), (8, 8), (8, 8), (8, 8)),
)
NUM_PARTICLES = 256
_HIGH = 0.45  # metres above the floor that water starts on average where tools await it
FAR_AWAY = -10.0  # where the segments wait that a scene does not need


@dataclass(frozen=True)
class RandomWater:
    """A distribution over scenes in the unit box.

    **Arguments:**

    - `spacing`: distance of particles at rest, metres.
    - `obstacle_radius`: half thickness of obstacles, metres.
    - `num_segments`: slots for obstacle segments; unused ones lie far outside of the box.
    - `max_obstacles`: ramps and polylines a scene may hold.
    - `speed`: standard deviation of a block's initial velocity, metres a second.
    - `clutter`: share of scenes strewn with short straight pieces instead, 0 to 1.
    - `contact`: share of scenes with chains, blades and walls in the water's way, 0 to 1; of the
      others `clutter` is the share that is strewn.
    """

    spacing: float = 1 / 80
    obstacle_radius: float = 0.015
    num_segments: int = 16
    max_obstacles: int = 5
    speed: float = 1.0
    clutter: float = 0.0
    contact: float = 0.0

    def sample(
        self, rng: Rng, draw_line: DrawLine | None = None, *, min_obstacles: int = 0
    ) -> dict[str, np.ndarray]:
        """Positions, velocities (m, m/s) and segments of one random scene, float32.

        Obstacles are ramps and short polylines, or what `draw_line` draws; at least
        `min_obstacles` are tried to fit in.
        """
        if self.contact and rng.random() < self.contact:
            return self._awaited(rng)
        position, velocity = self._blocks(rng)
        if self.clutter and rng.random() < self.clutter:
            segments = self._clutter(rng, position)
        else:
            segments = self._obstacles(rng, position, draw_line or random_line, min_obstacles)
        return self._filled(position, velocity, segments)

    def in_the_way(
        self, rng: Rng, draw_links: DrawLinks, *, tools: int, walls: int
    ) -> dict[str, np.ndarray]:
        """A scene as `sample` draws, with tools of the drawn links in the water's way.

        **Arguments:** `tools`, `walls`: how many are tried to fit in.
        """
        position, velocity = self._blocks(rng, _HIGH)

        def draw(rng: Rng) -> np.ndarray:
            return tool_in_the_way(rng, position, velocity, draw_links)

        placed = self._place(rng, position, draw, tools)
        beside = self._place(rng, position, wall, walls)
        segments = np.concatenate([placed, beside])[: self.num_segments]
        return self._filled(position, velocity, segments)

    def _awaited(self, rng: Rng) -> dict[str, np.ndarray]:
        """One or two chains, or four to sixteen blades; and up to four walls."""
        blades = rng.random() < 0.35
        tools = int(rng.integers(4, 17) if blades else rng.integers(1, 3))
        walls = int(rng.integers(0, 5))
        return self.in_the_way(rng, blade if blades else chain, tools=tools, walls=walls)

    def _filled(
        self, position: np.ndarray, velocity: np.ndarray, segments: np.ndarray
    ) -> dict[str, np.ndarray]:
        return {
            "position": position.astype(np.float32),
            "velocity": velocity.astype(np.float32),
            "segments": with_slots(segments, self.num_segments).astype(np.float32),
        }

    def _blocks(self, rng: Rng, height: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        while True:
            layout = _LAYOUTS[rng.integers(len(_LAYOUTS))]
            corners, positions, velocities = [], [], []
            for counts in layout:
                size = np.array(counts) * self.spacing
                corner = rng.uniform(0.0, 1.0 - size)
                if rng.random() < 0.25:
                    corner[1] = 0.0
                corners.append((corner, corner + size))
                axes = [np.arange(n) + 0.5 for n in counts]
                grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
                jitter = rng.uniform(-0.1, 0.1, grid.shape)
                positions.append(corner + (grid + jitter) * self.spacing)
                speed = self.speed * rng.normal(size=2) * (rng.random() < 0.7)
                velocities.append(np.broadcast_to(speed, grid.shape))
            position = np.concatenate(positions)
            if not _overlap(corners, self.spacing) and position[:, 1].mean() >= height:
                return position, np.concatenate(velocities)

    def _obstacles(
        self, rng: Rng, position: np.ndarray, draw_line: DrawLine, min_obstacles: int
    ) -> np.ndarray:
        wanted = int(rng.integers(min_obstacles, self.max_obstacles + 1))
        return self._place(rng, position, draw_line, wanted)

    def _clutter(self, rng: Rng, position: np.ndarray) -> np.ndarray:
        typical = rng.uniform(0.05, 0.2)

        def piece(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
            return typical * rng.uniform(0.6, 1.4, 1), np.zeros(1)

        draw_line = functools.partial(line_inside, draw_links=piece)
        return self._place(rng, position, draw_line, int(rng.integers(8, self.num_segments + 1)))

    def _place(
        self, rng: Rng, position: np.ndarray, draw_line: DrawLine, wanted: int
    ) -> np.ndarray:
        """Segments of up to `wanted` lines that fit in and keep clear of the water."""
        segments: list[np.ndarray] = []
        for _ in range(20 * wanted):
            if wanted == 0:
                break
            line = draw_line(rng)
            fits = len(segments) + len(line) - 1 <= self.num_segments
            clear = self.obstacle_radius + 0.5 * self.spacing
            parts = np.stack([line[:-1], line[1:]], axis=1)
            if fits and segment_distance(position, parts).min() > clear:
                segments.extend(parts)
                wanted -= 1
        return np.array(segments).reshape(-1, 2, 2)


def with_slots(segments: np.ndarray, number: int) -> np.ndarray:
    """Segments, (..., segment, 2, dim), filled up to a number with some far outside of the box."""
    missing = number - segments.shape[-3]
    filling = np.full((*segments.shape[:-3], missing, *segments.shape[-2:]), FAR_AWAY)
    return np.concatenate([segments, filling.astype(segments.dtype)], axis=-3)


def random_water(clutter: float, contact: float = 0.0) -> RandomWater:
    """Scenes of which shares are cluttered or await the water, with slots for all it takes."""
    if not (clutter or contact):
        return RandomWater()
    return RandomWater(num_segments=48, clutter=clutter, contact=contact)


def random_line(rng: Rng) -> np.ndarray:
    """A straight ramp or a short polyline, inside the box; `(vertex, 2)`."""
    return line_inside(rng, _ramp_or_polyline)


def line_inside(rng: Rng, draw_links: DrawLinks) -> np.ndarray:
    """A polyline of the drawn links, anywhere inside the box at any angle; `(vertex, 2)`."""
    while True:
        line = unfolded(rng, draw_links)
        line = rng.uniform(0, 1, 2) + line
        if is_inside(line):
            return line


def _ramp_or_polyline(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    if rng.random() < 0.4:
        return rng.uniform(0.1, 0.6, 1), np.zeros(1)
    num_links = rng.integers(2, 6)
    return rng.uniform(0.05, 0.15, num_links), np.deg2rad(45) * rng.normal(size=num_links)


def _overlap(corners: list[tuple[np.ndarray, np.ndarray]], gap: float) -> bool:
    for i, (low, high) in enumerate(corners):
        for other_low, other_high in corners[:i]:
            if np.all(low < other_high + gap) and np.all(other_low < high + gap):
                return True
    return False
