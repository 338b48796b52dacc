"""The shipped model and the solver on scenes with known answers: free fall, pools at rest."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import jittered_blocks, rollout
from invdesign.families._registry import build_simulator
from invdesign.io import load_pretrained
from invdesign.reference import MPM
from invdesign.scenes import ParticleScene

RADII = (1e-4, 5e-4, 2e-3, 5e-3, 0.015, 0.05)
FALL = 0.5 * 9.81 * 0.2**2  # metres in 20 frames
EDGE = 0.25 + 2 / 80  # of the water: the middle of its last column


def make_scene(block, segments=(), radius=0.015, upper=(1.0, 1.0)):
    segments = jnp.asarray(segments, float).reshape(-1, 2, 2)
    return ParticleScene(
        block.position[0],
        block.velocity[0],
        segments,
        jnp.full((len(segments),), radius, float),
        jnp.zeros(2),
        jnp.asarray(upper, float),
        jnp.asarray([0.0, -9.81]),
        block.spacing,
    )


@eqx.filter_jit
def heights(simulator, scene, num_steps):
    frames = rollout(simulator, scene, num_steps=num_steps, throw=False).frames
    return frames.position[:, :, 1].mean(axis=1)


def simulators():
    return {"water2d": load_pretrained("water2d", build_simulator), "mpm": MPM()}


def check_falls(simulator, radii):
    block = jittered_blocks(1, seed=3, center=(0.25, 0.7), counts=(5, 5), shift=0.0, speed=0.0)
    for radius in radii:
        for left in (0.9, EDGE + 0.005 + radius, EDGE + radius):  # far, beside, touching
            scene = make_scene(block, [[[left, 0.2], [left, 0.9]]], radius)
            simulator.check(scene, 20)
            fell = 0.7 - float(heights(simulator, scene, 20)[-1])
            assert abs(fell / FALL - 1) < 0.01, (radius, left)


def test_water_falls_freely_past_thin_walls_in_the_solver():
    check_falls(MPM(), (1e-4, 2e-3, 0.015))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["water2d", "mpm"])
def test_water_falls_freely_past_any_wall(name):
    check_falls(simulators()[name], RADII)


def pool_height(simulator, *, spacing=1 / 80, count=20, upper=(1.0, 1.0), num_steps=200):
    block = jittered_blocks(
        1, seed=3, center=(0.25, 0.3), counts=(count, count), spacing=spacing, speed=0.0
    )
    scene = make_scene(block, upper=upper)
    simulator.check(scene, num_steps)
    return float(np.mean(heights(simulator, scene, num_steps)[-50:]))


@pytest.mark.slow
@pytest.mark.parametrize("spacing", [1 / 79, 1 / 81])
def test_pools_of_an_accepted_spacing_are_as_high_as_of_the_own(spacing):
    for simulator in simulators().values():
        own = pool_height(simulator)
        assert abs(pool_height(simulator, spacing=spacing) / own - 1) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("count", [15, 25])
def test_the_solvers_pools_are_as_high_at_other_spacings(count):
    """The same quarter of a metre squared, of more or fewer particles."""
    spacing, own = 0.25 / count, pool_height(MPM(), num_steps=600)
    extent = float(np.ceil(0.5 / spacing)) * 2 * spacing
    fitted = MPM(spacing=spacing, cell=2 * spacing, extent=(extent, extent))
    found = pool_height(fitted, spacing=spacing, count=count, num_steps=600)
    assert abs(found / own - 1) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("width", [0.5, 1.5])
def test_a_model_fills_boxes_of_other_widths_as_the_solver_does(width):
    model = simulators()["water2d"].grow(2.0)
    solver = MPM(extent=(width, 1.0))
    upper = (width, 1.0)
    assert abs(pool_height(model, upper=upper) / pool_height(solver, upper=upper) - 1) < 0.1
