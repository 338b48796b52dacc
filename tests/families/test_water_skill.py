"""What models of water are judged by where water meets tools."""

from types import SimpleNamespace

import numpy as np
import pytest

from invdesign.families.water import _held_out
from invdesign.families.water._data import water_scene
from invdesign.families.water._held_out import contact_scenes
from invdesign.families.water._random import random_water
from invdesign.families.water._skill import share_touched, skill, without_tools


def scene(segments):
    sample = {"position": [[0.5, 0.9]], "velocity": [[0.0, 0.0]], "segments": segments}
    return water_scene({k: np.array(v, np.float32) for k, v in sample.items()}, 0.015)


def flight(scene, time):
    """Where its particles would be without anything in their way, (time, node, 2)."""
    position, velocity = np.asarray(scene.position)[None], np.asarray(scene.velocity)[None]
    return position + time * velocity - 0.5 * time**2 * np.array([[[0, 9.81]]])


def test_a_particle_touches_within_the_radius_and_a_spacing():
    level = scene([[[0.2, 0.5], [0.8, 0.5]], [[0.2, 0.1], [0.8, 0.1]]])
    bare = without_tools(level, 1)
    near, far = 0.5 + 0.015 + 0.0124, 0.5 + 0.015 + 0.0126
    frames = np.array([[[0.5, 0.9], [0.5, far], [0.5, near]], [[0.5, 0.1], [0.5, far], [0.9, 0.9]]])
    # The first touches the other wall, which is no tool; the last was near in one frame.
    assert share_touched(level, bare, frames, 1 / 80) == pytest.approx(1 / 3)
    assert share_touched(level, without_tools(level), frames, 1 / 80) == pytest.approx(2 / 3)


def test_skill_runs_from_the_solver_without_tools_to_the_floor():
    def rows(*overlaps) -> list[dict[str, float]]:
        names = ("occupancy_overlap", "overlap_without_tools", "occupancy_floor")
        return [dict(zip(names, each, strict=True)) for each in overlaps]

    assert skill(rows((0.5, 0.5, 0.9), (0.3, 0.3, 0.8)))["skill"] == pytest.approx(0)
    assert skill(rows((0.9, 0.5, 0.9), (0.8, 0.3, 0.8)))["skill"] == pytest.approx(1)
    found = skill(rows((0.7, 0.5, 0.9), (0.55, 0.3, 0.8)))
    assert found["skill"] == pytest.approx(0.5)
    assert found["skill_error"] == pytest.approx(0, abs=1e-9)  # every scene says the same
    assert skill(rows((0.9, 0.5, 0.9), (0.3, 0.3, 0.8)))["skill_error"] > 0.1


def test_scenes_with_contact_have_it(monkeypatch):
    monkeypatch.setattr(_held_out, "MPM", lambda: None)
    monkeypatch.setattr(_held_out, "LEAST_CONTACT", 0.8)
    asked = []

    def falling(solver, scene, num_steps):
        asked.append(scene)
        time = 0.02 * np.arange(1, 21)[:, None, None]
        return SimpleNamespace(position=flight(scene, time)), solver, 0

    monkeypatch.setattr(_held_out, "simulate", falling)
    scenes = contact_scenes(0, 6)
    assert len(scenes) == 6 < len(asked)
    for each in scenes:
        frames = falling(None, each, 20)[0].position
        assert share_touched(each, without_tools(each), frames, 1 / 80) >= 0.8
    other = contact_scenes(1, 1)[0]
    assert not np.array_equal(other.position, scenes[0].position)


def test_random_tools_await_the_water():
    water, plain = random_water(0.0, 1.0), random_water(0.0)

    def shares(kind):
        samples = [kind.sample(np.random.default_rng(i)) for i in range(16)]
        scenes = [water_scene(sample, kind.obstacle_radius) for sample in samples]
        flights = [flight(each, 0.02 * np.arange(25)[:, None, None]) for each in scenes]
        bare = map(without_tools, scenes)
        return [share_touched(*each, 1 / 80) for each in zip(scenes, bare, flights, strict=True)]

    met, missed = shares(water), shares(plain)
    assert np.mean(met) > 0.5 > 0.1 + np.mean(missed), (met, missed)
