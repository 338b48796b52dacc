"""Rotors, deflectors, height fields, boxes and products against geometry done by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.spaces import Box, Deflectors, HeightField, JointChain, Product, Rotors


def test_a_rotor_turns_about_its_center():
    space = Rotors([[0.3, 0.5], [0.6, 0.2], [0.1, 0.1]], 0.2)
    design = space.decode(space.encode([0.0, np.pi / 4, -np.pi / 2]))
    np.testing.assert_allclose(design.segments.mean(axis=1), space.centers, atol=1e-6)
    np.testing.assert_allclose(design.segments[0], [[0.2, 0.5], [0.4, 0.5]], atol=1e-6)
    half = 0.1 / np.sqrt(2)
    np.testing.assert_allclose(
        design.segments[1], [[0.6 - half, 0.2 - half], [0.6 + half, 0.2 + half]], atol=1e-6
    )
    np.testing.assert_allclose(design.segments[2], [[0.1, 0.2], [0.1, 0.0]], atol=1e-6)
    np.testing.assert_allclose(design.segment_radius, 0.015, rtol=1e-6)


def test_a_deflector_turns_about_a_center_that_it_moves_sideways():
    bounds = [-1.0, -0.1, -1.0, -0.1], [1.0, 0.1, 1.0, 0.1]
    space = Deflectors([[0.3, 0.5], [0.6, 0.2]], 0.2, *bounds, 0.01, [0.0, 0.05, 0.5, 0.0])
    design = space.decode(space.initial())
    np.testing.assert_allclose(design.segments[0], [[0.25, 0.5], [0.45, 0.5]], atol=1e-6)
    way = 0.1 * np.asarray([np.cos(0.5), np.sin(0.5)])
    np.testing.assert_allclose(
        design.segments[1], np.asarray([0.6, 0.2]) + np.stack([-way, way]), atol=1e-6
    )
    np.testing.assert_allclose(design.segment_radius, 0.01, rtol=1e-6)


def test_heights_are_offsets_from_rest():
    space = HeightField(nodes=3, rest=0.4, amplitude=0.1)
    offsets = np.linspace(-0.08, 0.08, 9)
    heights = space.decode(space.encode(offsets)).heights
    np.testing.assert_allclose(heights, 0.4 + offsets.reshape(3, 3), atol=1e-6)
    np.testing.assert_allclose(space.decode(space.initial()).heights, 0.4, atol=1e-7)


def test_a_box_starts_in_its_middle_or_where_asked():
    np.testing.assert_allclose(Box([0.0], [4.0]).decode(jnp.zeros(1)).parameters, [2.0])
    box = Box([0.0, 0.0], [1.0, 1.0], [0.25, 0.75])
    np.testing.assert_allclose(box.decode(box.initial()).parameters, [0.25, 0.75], rtol=1e-5)


def test_a_product_is_its_factors_side_by_side():
    first, second = JointChain(3, 0.3, (0.2, 0.5)), Rotors([[0.7, 0.5]], 0.2, radius=0.02)
    product = Product((first, second))
    latent = jnp.asarray([0.3, -0.2, 0.5, 0.9])
    design = product.decode(latent)
    apart = first.decode(latent[:3]), second.decode(latent[3:])
    for name in ("parameters", "segments", "segment_radius"):
        joined = np.concatenate([getattr(part, name) for part in apart])
        np.testing.assert_array_equal(getattr(design, name), joined)


def test_a_product_without_tools_has_no_segments():
    space = Product((Box([0.0], [1.0]), HeightField(nodes=2)))
    assert not hasattr(space.decode(space.initial()), "segments")


@pytest.mark.parametrize(
    ("space", "arguments"),
    [
        (Rotors, ([[0.1, 0.2, 0.3]], 0.2)),
        (Rotors, (np.zeros((0, 2)), 0.2)),
        (Rotors, ([[0.1, 0.2]], 0.0)),
        (Rotors, ([[0.1, 0.2]], 0.2, 4.0)),
        (Deflectors, (np.zeros((0, 2)), 0.2, [], [], 0.01, [])),
        (Deflectors, ([[0.1, 0.2]], 0.2, [0.0, 0.0], [1.0, 0.0], 0.01, [0.5, 0.0])),
        (Deflectors, ([[0.1, 0.2]], 0.0, [0.0, 0.0], [1.0, 0.1], 0.01, [0.5, 0.0])),
        (Deflectors, ([[0.1, 0.2]], 0.2, [0.0, 0.0], [1.0, 0.1], 0.01, [1.5, 0.0])),
        (HeightField, (1,)),
        (HeightField, (3, 0.5, 0.0)),
        (Box, ([0.0], [0.0])),
        (Box, ([0.0], [float("inf")])),
        (Box, ([0.0, 1.0], [2.0])),
        (Box, ([0.0], [1.0], [2.0])),
        (Product, ((),)),
    ],
)
def test_impossible_spaces_are_refused(space, arguments):
    with pytest.raises(ValueError, match=f"{space.__name__}|parameter|angle or offset"):
        space(*arguments)
