"""Chains against geometry done by hand."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.spaces import JointChain


def _vertices(segments):
    np.testing.assert_allclose(segments[:-1, 1], segments[1:, 0], atol=1e-6)
    return np.concatenate([segments[:1, 0], segments[:, 1]])


def _chain(angles, **kwargs):
    settings = {"length": 1.0, "anchor": (0, 0), "max_bend": 3.0} | kwargs
    space = JointChain(len(angles), **settings)
    return eqx.filter_jit(space.decode)(space.encode(angles))


def test_a_straight_chain_lies_on_a_line():
    design = _chain(np.zeros(5), length=0.5, anchor=(0.2, 0.3), base_angle=np.pi / 6)
    direction = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)])
    expected = np.array([0.2, 0.3]) + 0.1 * np.arange(6)[:, None] * direction
    np.testing.assert_allclose(_vertices(design.segments), expected, atol=1e-6)


def test_a_straight_chain_held_in_its_middle_goes_both_ways():
    design = _chain(np.zeros(4), length=0.8, anchor=(0.5, 0.4), root=2)
    expected = np.stack([np.linspace(0.1, 0.9, 5), np.full(5, 0.4)], axis=-1)
    np.testing.assert_allclose(_vertices(design.segments), expected, atol=1e-6)


@pytest.mark.parametrize("num_links", [3, 6, 12])
def test_equal_bends_make_a_regular_polygon(num_links):
    bend = 2 * np.pi / num_links
    vertices = _vertices(_chain(np.full(num_links, bend)).segments)
    np.testing.assert_allclose(vertices[0], vertices[-1], atol=1e-5)  # it closes
    circumradius = (1.0 / num_links) / (2 * np.sin(np.pi / num_links))
    center = vertices[:-1].mean(axis=0)
    np.testing.assert_allclose(np.linalg.norm(vertices - center, axis=1), circumradius, rtol=1e-4)


def test_equal_angles_bend_both_arms_to_the_same_side():
    vertices = _vertices(_chain(np.full(8, 0.2), anchor=(0.5, 0.4), root=4).segments)
    np.testing.assert_allclose(vertices[:, 0] + vertices[::-1, 0], 1.0, atol=1e-6)
    np.testing.assert_allclose(vertices[:, 1], vertices[::-1, 1], atol=1e-6)
    assert (np.diff(vertices[4:, 1]) > 0).all()


def test_a_joint_turns_everything_beyond_it_and_nothing_before():
    straight = _vertices(_chain(np.zeros(6)).segments)
    bent = _vertices(_chain([0, 0, 0, 0.7, 0, 0]).segments)
    np.testing.assert_allclose(bent[:4], straight[:4], atol=1e-6)
    turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    np.testing.assert_allclose(bent[4:] - bent[3], (straight[4:] - straight[3]) @ turn.T, atol=1e-6)


def test_links_keep_their_length_and_the_root_its_place_for_any_latent():
    space = JointChain(9, 0.45, (0.3, 0.6), root=4, max_bend=1.0)
    rng = np.random.default_rng(1)
    for scale in (0.1, 1.0, 1e3):
        segments = np.asarray(space.decode(jnp.asarray(rng.normal(size=9) * scale)).segments)
        length = np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1)
        np.testing.assert_allclose(length, 0.05, rtol=1e-5)
        np.testing.assert_allclose(segments[4, 0], [0.3, 0.6], atol=1e-6)


def test_the_start_is_what_was_asked_for():
    space = JointChain(3, 0.3, (0, 0), initial_parameters=[0.1, -0.2, 0.3])
    np.testing.assert_allclose(space.decode(space.initial()).parameters, [0.1, -0.2, 0.3], 1e-5)


@pytest.mark.parametrize(
    "change",
    [
        {"num_joints": 0},
        {"root": 4},
        {"root": -1},
        {"length": 0.0},
        {"radius": -0.01},
        {"max_bend": 0.0},
        {"max_bend": 4.0},
        {"initial_parameters": 0.7},
        {"initial_parameters": [0.0, float("nan"), 0.0, 0.0]},
    ],
)
def test_impossible_chains_are_refused(change):
    settings = {"num_joints": 4, "length": 1.0, "anchor": (0, 0), "max_bend": 0.6} | change
    with pytest.raises(ValueError, match=r"JointChain|joint angle"):
        JointChain(**settings)
