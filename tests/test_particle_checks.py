"""Scenes of water that no number should come of, or none without a word."""

import dataclasses
import re

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import jittered_blocks, rollout
from invdesign._particle_checks import check_particles, check_spacing
from invdesign.families.water._random import RandomWater
from invdesign.reference import MPM
from invdesign.scenes import ParticleScene
from invdesign.simulators import Ensemble
from invdesign.simulators.particle._ranges import ParticleRanges

OWN = 1 / 80
RANGES = ParticleRanges(
    OWN, 3.0, (0.015, 0.015), (0.0, 0.0), (1.0, 1.0), (0.0, -9.81), num_particles=64, num_steps=120
)


def make_scene(*, spacing=OWN, counts=(8, 8), told=True, **fields):
    block = jittered_blocks(1, seed=3, center=(0.5, 0.4), counts=counts, spacing=spacing, speed=0.0)
    scene = ParticleScene(
        block.position[0],
        block.velocity[0],
        jnp.asarray([[[0.9, 0.05], [0.95, 0.05]]]),
        jnp.asarray([0.015]),
        jnp.zeros(2),
        jnp.ones(2),
        jnp.asarray([0.0, -9.81]),
        block.spacing if told else None,
    )
    arrays = {k: v if k == "spacing" else jnp.asarray(v, float) for k, v in fields.items()}
    return dataclasses.replace(scene, **arrays)


@pytest.mark.parametrize("radius", [0.0, -1.0, 1e-6, np.nan, np.inf])
def test_walls_without_thickness_are_refused(radius):
    with pytest.raises(ValueError, match=r"radius of at least 0.0001 m|`segment_radius` is not"):
        check_particles(make_scene(segment_radius=[radius]))
    with pytest.raises(ValueError, match=r"radius|`segment_radius`"):
        rollout(MPM(), make_scene(segment_radius=[radius]), num_steps=1)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"upper": [1.0, 0.0]}, r"`upper` above `lower` .* got \(0, 0\) and \(1, 0\) m"),
        ({"lower": [0.0, 2.0]}, "`upper` above `lower`"),
        ({"upper": [0.5, 1.0]}, r"particles start outside of the box from \(0, 0\) to \(0.5, 1\)"),
        ({"gravity": [0.0, np.nan]}, "one of `gravity` is not"),
    ],
)
def test_boxes_that_hold_no_water_are_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        check_particles(make_scene(**fields))


def test_water_in_a_wall_is_said():
    assert check_particles(make_scene()) == ()
    (said,) = check_particles(make_scene(segments=[[[0.3, 0.4], [0.7, 0.4]]]))
    assert said.startswith("16 of 64 particles start within an obstacle")


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("spacing", [1 / 50, 1 / 78, 1 / 82, 1 / 105])
def test_another_spacing_is_refused(spacing, told):
    scene = make_scene(spacing=spacing, told=told)
    with pytest.raises(ValueError, match=f"{spacing:.3g}.* apart, the model knows 0.0125 m"):
        RANGES.check(scene, 100)
    with pytest.raises(ValueError, match="apart, this `MPM` knows"):
        rollout(MPM(), scene, num_steps=1)
    fitting = MPM(spacing=spacing, cell=2 * spacing)
    assert fitting.check(scene) == ()


def test_the_own_spacing_is_known_from_lattices_and_from_disorder():
    for told in (True, False):
        assert RANGES.check(make_scene(told=told), 100) == ()
    sample = RandomWater().sample(np.random.default_rng(0))
    disordered = make_scene(told=False, **{k: sample[k] for k in ("position", "velocity")})
    check_spacing(disordered, OWN, "the model", "")
    with pytest.raises(ValueError, match=r"about 0.01\d+ m apart, the model knows 0.008 m"):
        check_spacing(disordered, 0.008, "the model", "")
    lonely = make_scene(told=False, counts=(1, 1))
    check_spacing(lonely, OWN, "the model", "")


def test_a_spacing_that_is_not_the_particles_is_refused():
    with pytest.raises(ValueError, match=r"`spacing` is 0.0125 m, its particles lie 0.02 m apart"):
        RANGES.check(dataclasses.replace(make_scene(spacing=1 / 50), spacing=OWN), 100)
    with pytest.raises(ValueError, match="needs spacing > 0 or None, got 0"):
        dataclasses.replace(make_scene(), spacing=0.0)


@pytest.mark.parametrize("upper", [(1.05, 1.0), (1.1, 1.0), (1.0, 2.0)])
def test_boxes_that_the_solvers_grid_does_not_hold_are_refused(upper):
    scene = make_scene(upper=upper)
    with pytest.raises(ValueError, match=f"box is {upper[0]:g} x {upper[1]:g} m, the grid of"):
        MPM().check(scene)
    assert MPM(extent=upper).check(scene) == ()
    assert MPM(extent=(3.0, 3.0)).check(scene) == ()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"velocity": np.full((64, 2), [0.0, -6.0])}, "starts at 6 m/s; the model"),
        ({"segment_radius": [0.002]}, "obstacles of radius 0.002 m; the model has seen those of"),
        ({"upper": [1.0, 1.5]}, "the box is 1 x 1.5 m; the model has seen 1 x 1 m"),
        ({"gravity": [0.0, -1.62]}, r"gravity is \(0, -1.62\) m/s²; the model"),
        ({"counts": (9, 8)}, "72 particles; the model has seen up to 64"),
    ],
)  # fmt: skip
def test_what_is_outside_of_a_models_ranges_is_named(fields, said):
    (note,) = RANGES.check(make_scene(**fields), 120)
    assert re.search(said, note)


def test_an_ensemble_says_once_what_its_members_say():
    scene = make_scene(segments=[[[0.3, 0.4], [0.7, 0.4]]])
    assert Ensemble([MPM(), MPM()]).check(scene) == MPM().check(scene) != ()


def test_longer_horizons_are_named():
    assert RANGES.check(make_scene(), 120) == RANGES.check(make_scene(), None) == ()
    (note,) = RANGES.check(make_scene(), 200)
    assert "200 frames" in note and "120" in note
