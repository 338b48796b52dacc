"""Scenes that models are judged on: their tools are of kinds that training never shows."""

import itertools

import numpy as np

from ...reference import MPM
from ...scenes import ParticleScene
from ...training.particle._heldout import simulate
from ._data import water_scene
from ._in_the_way import Rng
from ._random import RandomWater, line_inside
from ._skill import share_touched, without_tools

HELD_OUT_SEED = 1_000_000  # far from any seed a training set is drawn with
_CONTACT_SEED = 3_000_000  # and this, too
LEAST_CONTACT = 0.3  # share of the water that has to touch a tool


def held_out_scenes(seed: int, number: int) -> list[ParticleScene]:
    """Random water over one to five bowls, zigzags, spirals and corners.

    Training draws straight ramps, and polylines of a few links that bend at random.

    **Raises:** `ValueError` if `number` is below 1.
    """
    if number < 1:
        raise ValueError(f"`held_out_scenes` needs a number of at least 1, got {number}.")
    water = RandomWater()
    return [_scene(water, np.random.default_rng([HELD_OUT_SEED + seed, i])) for i in range(number)]


def _scene(water: RandomWater, rng: Rng) -> ParticleScene:
    while True:
        sample = water.sample(rng, unlike_line, min_obstacles=1)
        if sample["segments"].max() > 0:  # not every tool finds a place beside the water
            return water_scene(sample, water.obstacle_radius)


def contact_scenes(seed: int, number: int, *, num_steps: int = 100) -> list[ParticleScene]:
    """Random water that falls onto two or three such tools: in the solver 30% of it touch them.

    A particle touches a tool if it comes within its radius and one particle spacing of its centre
    line. Scenes in which less of the water does are drawn again.

    **Arguments:** `num_steps`: frames in which it has to.

    **Raises:** `ValueError` if `number` is below 1.
    """
    if number < 1:
        raise ValueError(f"`contact_scenes` needs a number of at least 1, got {number}.")
    water, solver = RandomWater(), MPM()
    scenes: list[ParticleScene] = []
    for index in itertools.count():
        rng = np.random.default_rng([_CONTACT_SEED + seed, index])
        sample = water.in_the_way(rng, _unlike, tools=int(rng.integers(2, 4)), walls=0)
        scene = water_scene(sample, water.obstacle_radius)
        frames, _, _ = simulate(solver, scene, num_steps)
        bare = without_tools(scene)
        if share_touched(scene, bare, frames.position, water.spacing) >= LEAST_CONTACT:
            scenes.append(scene)
        if len(scenes) == number:
            return scenes
    raise AssertionError("unreachable")


def unlike_line(rng: Rng) -> np.ndarray:
    """A bowl, a zigzag, a spiral or a corner inside the box, `(vertex, 2)` in metres."""
    return line_inside(rng, _unlike)


def _unlike(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    return _SHAPES[rng.integers(len(_SHAPES))](rng)


def _bowl(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    radius, span = rng.uniform(0.08, 0.25), rng.uniform(0.5, 1.2) * np.pi
    number = 8
    return np.full(number, radius * span / number), np.full(number, span / number)


def _zigzag(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    number = int(rng.integers(4, 8))
    turns = np.where(np.arange(number) % 2, 1.0, -1.0) * rng.uniform(0.3, 0.6) * np.pi
    return np.full(number, rng.uniform(0.06, 0.12)), turns


def _spiral(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.linspace(0.04, 0.14, 7)
    return lengths, np.full(7, rng.choice([-1.0, 1.0]) * np.pi / 4)


def _corner(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(0.15, 0.4, 2), np.array([0.0, rng.choice([-0.5, 0.5]) * np.pi])


_SHAPES = (_bowl, _zigzag, _spiral, _corner)
