"""Scenes with random designs of a task."""

import dataclasses

import numpy as np
import pytest

from invdesign.families._design_scenes import design_scenes, feasible_share
from invdesign.objectives import KeepIn
from invdesign.studies._registry import load_task


def test_designs_and_water_differ_from_scene_to_scene():
    task = load_task("contain-lite")
    scenes = design_scenes(task, 0, 3)
    for one, other in ((0, 1), (1, 2)):
        assert not np.array_equal(scenes[one].segments, scenes[other].segments)
        assert not np.array_equal(scenes[one].position, scenes[other].position)
    again = design_scenes(task, 0, 3)
    np.testing.assert_array_equal(scenes[2].segments, again[2].segments)
    assert not np.array_equal(design_scenes(task, 1, 1)[0].segments, scenes[0].segments)


def test_no_scenes_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        design_scenes(load_task("contain-lite"), 0, 0)


def test_designs_are_feasible_where_every_constraint_says_so():
    task = load_task("contain-lite")

    def share(*low):  # tools begin at x = 0.4925
        walls = tuple(KeepIn([x, -1.0], [1.0, 1.0]) for x in low)
        return feasible_share(dataclasses.replace(task, constraints=walls), 0, 6)

    assert share() == share(-1.0) == 1
    assert share(-1.0, 0.6) == 0
    reach = [each.segments[:-1, :, 0].min() for each in design_scenes(task, 0, 6)]
    assert share(float(np.median(reach))) == 0.5
