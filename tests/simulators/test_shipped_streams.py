"""The shipped model of streams: no side is another, nothing gets through the landscape."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign.families._registry import build_simulator
from invdesign.families.watercourse import BuildWatercourse, hills, streams
from invdesign.io import load_pretrained
from invdesign.scenes import Landscape
from invdesign.spaces import HeightDesign

FRAMES = 18  # the first water has run over the landscape for a quarter of a second


@eqx.filter_jit
def frames_of(simulator, scene):
    return rollout(simulator, scene, num_steps=FRAMES, throw=False).frames


@pytest.mark.slow
def test_a_mirrored_landscape_mirrors_the_water_and_none_gets_through():
    simulator = load_pretrained("watercourse", build_simulator)
    water = jax.tree.map(lambda x: x[0], streams(1, seed=3))
    heights = jnp.asarray(0.5 + hills(25, height=0.1), jnp.float32)

    def scene(heights, flip):
        sign = jnp.asarray([-1.0 if flip else 1.0, 1.0, 1.0])
        place = water.position * sign[None] + jnp.asarray([float(flip), 0.0, 0.0])[None]
        moved = eqx.tree_at(
            lambda s: (s.position, s.velocity), water, (place, water.velocity * sign[None])
        )
        return BuildWatercourse()(HeightDesign(heights.reshape(-1), heights), moved)

    here = scene(heights, flip=False)
    assert simulator.check(here, FRAMES) == ()
    found, other = (frames_of(simulator, s) for s in (here, scene(heights[::-1], flip=True)))
    back = np.asarray(other.position) * [-1, 1, 1] + [1, 0, 0]
    np.testing.assert_allclose(back[:8], found.position[:8], atol=1e-4)  # before much splashes
    apart = np.linalg.norm(back[-1] - np.asarray(found.position[-1]), axis=1)
    assert np.median(apart) < 1e-3 and abs(apart.mean()) < 5e-3
    last = np.asarray(found.position[-1])
    moving = np.asarray(found.passage.moving[-1])
    speed = np.linalg.norm(np.asarray(found.velocity[-1])[moving][:, [0, 2]], axis=1)
    assert speed.max() > 0.5  # it has been turned
    flat = last[:, [0, 2]]
    sheet = here.bodies[0]
    assert isinstance(sheet, Landscape)
    over = last[:, 1] - np.asarray(sheet.height(jnp.asarray(flat)))
    inside = ((flat > 0) & (flat < 1)).all(axis=1)
    assert (over[inside & moving] > 0).all()
