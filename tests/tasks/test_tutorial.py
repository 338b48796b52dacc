"""The tutorial's task file is a task: its scenes have two blocks, two chains and a leaning box."""

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import invdesign as inv

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    code = next(
        block
        for block in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        if 'name="funnel"' in block
    )
    path = tmp_path_factory.mktemp("tutorial") / "funnel.py"
    path.write_text(code, "utf-8")
    return inv.load_task(f"{path}:task")


def test_two_blocks_start_in_a_box_that_leans(task):
    design = task.space.decode(task.space.initial())
    conditions = [jax.tree.map(lambda x, i=i: x[i], task.unseen) for i in range(2)]
    scenes = [task.build(design, condition) for condition in conditions]
    for scene, condition in zip(scenes, conditions, strict=True):
        inv.reference.MPM().check(scene)
        left = scene.position[:, 0] < 0.5
        assert left.sum() == (~left).sum() == 8 * 12
        np.testing.assert_allclose(jnp.hypot(*scene.gravity), 9.81, rtol=1e-6)
        leaning = jnp.arctan2(scene.gravity[0], -scene.gravity[1])
        np.testing.assert_allclose(leaning, condition.tilt, atol=1e-6)
    assert scenes[0].gravity[0] != scenes[1].gravity[0]


def test_chains_are_mirror_images_that_hold_to_the_walls(task):
    segments = np.asarray(task.space.decode(jnp.zeros(task.space.size)).segments)
    mirrored = segments[6:] * [-1.0, 1.0] + [1.0, 0.0]
    np.testing.assert_allclose(segments[:6], mirrored, atol=1e-6)
