"""Blocks of water and the scenes built around a tool."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.water._scene import BuildWater, jittered_blocks
from invdesign.spaces import JointChain, Product


def _blocks(num_blocks=5, **change):
    return jittered_blocks(num_blocks, **({"seed": 3, "center": (0.5, 0.6)} | change))


def test_blocks_are_lattices_near_their_center():
    blocks = _blocks(counts=(4, 3), spacing=0.02, shift=0.01, speed=0.5)
    assert blocks.position.shape == blocks.velocity.shape == (5, 12, 2)
    center = np.asarray(blocks.position).mean(axis=1)
    assert np.abs(center - [0.5, 0.6]).max() <= 0.01 and np.ptp(center, axis=0).min() > 0
    lattice = np.asarray(blocks.position) - center[:, None]
    np.testing.assert_allclose(lattice, np.tile(lattice[:1], (5, 1, 1)), atol=1e-6)
    np.testing.assert_allclose(np.ptp(lattice[0], axis=0), [0.06, 0.04], atol=1e-6)
    distance = np.linalg.norm(lattice[0][:, None] - lattice[0][None], axis=-1)
    np.testing.assert_allclose(distance[distance > 0].min(), 0.02, rtol=1e-4)


def test_a_block_moves_as_one_and_no_faster_than_told():
    velocity = np.asarray(_blocks(speed=0.5).velocity)
    np.testing.assert_array_equal(velocity, np.broadcast_to(velocity[:, :1], velocity.shape))
    assert np.abs(velocity).max() <= 0.5 and np.ptp(velocity[:, 0], axis=0).min() > 0
    thrown = np.asarray(_blocks(speed=0.5, velocity=(2.0, -1.0)).velocity)
    np.testing.assert_allclose(thrown, velocity + np.asarray([2.0, -1.0]), atol=1e-6)


def test_the_seed_decides_and_longer_draws_begin_like_shorter_ones():
    np.testing.assert_array_equal(_blocks(2).position, _blocks(5).position[:2])
    assert (_blocks(2).position != _blocks(2, seed=4).position).any()


@pytest.mark.parametrize("change", [{"num_blocks": 0}, {"counts": (0, 4)}, {"spacing": 0.0}])
def test_empty_blocks_are_refused(change):
    with pytest.raises(ValueError, match="above 0"):
        _blocks(**change)


def test_a_scene_has_the_tool_first_and_the_fixed_obstacles_after_it():
    wall = np.asarray([[[0.7, 0.0], [0.7, 0.3]]])
    chain = JointChain(3, 0.3, (0.1, 0.5), radius=0.02)
    design = chain.decode(jnp.asarray([0.1, 0.2, 0.3]))
    condition = jax.tree.map(lambda x: x[0], _blocks())
    scene = BuildWater(wall, upper=(2.0, 1.0))(design, condition)
    np.testing.assert_array_equal(scene.segments[:3], design.segments)
    np.testing.assert_allclose(scene.segments[3:], wall)
    np.testing.assert_allclose(scene.segment_radius, [0.02, 0.02, 0.02, 0.015])
    np.testing.assert_array_equal(scene.position, condition.position)
    np.testing.assert_array_equal(scene.velocity, condition.velocity)
    np.testing.assert_allclose(scene.upper, [2.0, 1.0])
    np.testing.assert_allclose(scene.gravity, [0.0, -9.81])


def test_two_tools_make_one_scene():
    pair = Product((JointChain(3, 0.3, (0.1, 0.5)), JointChain(2, 0.2, (0.9, 0.5))))
    condition = jax.tree.map(lambda x: x[0], _blocks())
    scene = BuildWater()(pair.decode(pair.initial()), condition)
    assert scene.segments.shape == (5, 2, 2) and scene.segment_radius.shape == (5,)


def test_a_scene_has_the_type_of_its_design():
    condition = jax.tree.map(lambda x: x[0], _blocks())
    with jax.enable_x64(True):
        design = JointChain(3, 0.3, (0.1, 0.5)).decode(jnp.zeros(3, jnp.float64))
        scene = BuildWater()(design, condition)
    assert {leaf.dtype for leaf in jax.tree.leaves(scene)} == {np.dtype("float64")}
