"""Finer solvers of the same scenes: the same water, the same section, the same springs."""

import math
import shutil

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign.reference import MPM, OpenFOAM, Simulated, Springs, lattice
from invdesign.reference._split import split_particles
from invdesign.scenes import NodeKind, ParticleScene, SectionScene, SpringScene
from invdesign.scenes._forces import foil_coefficients
from invdesign.sections import SectionLayout, naca4
from invdesign.sections._layout import layout_of
from invdesign.simulators import Ensemble

WIDTH = 0.25
COARSE = MPM(extent=(WIDTH, 0.5), spacing=1 / 40, cell=1 / 20)


def pool(spacing=1 / 40):
    """0.2 m deep, let go from 0.05 m above the floor."""
    position = lattice((0.0, 0.05), (round(WIDTH / spacing), round(0.2 / spacing)), spacing)
    return ParticleScene(
        position=position,
        velocity=jnp.zeros_like(position).at[:, 0].set(0.01),
        segments=jnp.zeros((0, 2, 2)),
        segment_radius=jnp.zeros((0,)),
        lower=jnp.zeros(2),
        upper=jnp.asarray([WIDTH, 0.5]),
        gravity=jnp.asarray([0.0, -9.81]),
        spacing=spacing,
    )


@pytest.mark.parametrize("factor", [2, 3])
def test_split_water_is_the_same_water(factor):
    coarse = pool()
    fine = split_particles(coarse, factor, 1 / 40)
    number = len(fine.position)
    assert number == factor**2 * len(coarse.position)
    assert number * fine.spacing**2 == pytest.approx(len(coarse.position) / 40**2)
    for name in ("position", "velocity"):
        means = [np.asarray(getattr(each, name), np.float64).mean(0) for each in (coarse, fine)]
        np.testing.assert_allclose(*means, atol=1e-7)
    # Of a lattice it makes the finer lattice, in another order.
    wanted = np.asarray(pool(1 / (40 * factor)).position)
    ordered = [x[np.lexsort(np.round(x, 5).T)] for x in (np.asarray(fine.position), wanted)]
    np.testing.assert_allclose(*ordered, atol=1e-6)


def test_a_pool_is_as_deep_in_the_finer_solver():
    finer = Simulated(COARSE).refined(2)
    assert finer.simulator.check(pool()) == ()
    assert finer.simulator.dt == COARSE.dt
    depths = []
    for reference in (Simulated(COARSE), finer):
        (trajectory,) = reference.trajectories([pool()], num_steps=150)
        assert int(trajectory.result) == 0
        depths.append(2 * trajectory.frames.position[-40:, :, 1].mean())
    assert depths == pytest.approx([0.2, 0.2], rel=0.08)
    assert abs(depths[1] - 0.2) < abs(depths[0] - 0.2) + 2e-3


def test_twice_refined_is_four_times_as_fine():
    coarse = Simulated(COARSE)
    twice, at_once = coarse.refined(2).refined(2).simulator, coarse.refined(4).simulator
    assert twice == at_once and twice.factor == 4
    assert twice.solver.spacing == pytest.approx(1 / 160)


def test_springs_have_an_answer_that_smaller_steps_approach():
    """A node on a spring: symplectic Euler is of first order in the substep."""
    scene = SpringScene(
        rest=jnp.asarray([[0.0, 0.0], [0.1, 0.0]]),
        position=jnp.asarray([[0.0, 0.0], [0.11, 0.0]]),
        velocity=jnp.zeros((2, 2)),
        edges=jnp.asarray([[0, 1]], jnp.int32),
        kind=jnp.asarray([NodeKind.HELD, NodeKind.FREE], jnp.int32),
        gravity=jnp.zeros(2),
        stiffness=jnp.asarray([4.0]),
    )
    solver = Springs(num_substeps=2, stiffness=250.0, damping=0.0, drag=0.0)
    time = 0.005 * np.arange(1, 41)
    errors = []
    for factor in (1, 2):
        frames = _roll(solver.refined(factor), scene)
        errors.append(np.abs(frames[:, 1, 0] - 0.1 - 0.01 * np.cos(np.sqrt(1000.0) * time)).max())
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)


@eqx.filter_jit
def _roll(solver, scene):
    return rollout(solver, scene, num_steps=40).frames.position


def test_a_layout_is_read_off_its_surface():
    for layout in (SectionLayout(), SectionLayout(40, 0, 0.3), SectionLayout().refined(2)):
        found = layout_of(np.asarray(layout.fit(naca4("2412"))))
        assert (found.num_side, found.num_base) == (layout.num_side, layout.num_base)
        assert found.trailing == pytest.approx(layout.trailing, abs=1e-5)
    crooked = np.asarray(SectionLayout().fit(naca4("2412"))).copy()
    crooked[20, 0] += 0.01
    for surface, message in ((crooked, "off by"), (crooked[:9], "got 9 points")):
        with pytest.raises(ValueError, match=message):
            layout_of(surface)


@pytest.mark.skipif(shutil.which("simpleFoam") is None, reason="OpenFOAM is not installed")
@pytest.mark.slow  # half a minute
def test_drag_falls_on_a_finer_grid():
    """NACA 0012 at five degrees: 0.0198 on the working grid, 0.0170 on twice the cells an axis."""
    scene = SectionScene(SectionLayout().fit(naca4("0012", num=800)), math.radians(5))
    found = []
    for reference in (OpenFOAM(), OpenFOAM().refined(2)):
        (trajectory,) = reference.trajectories([scene], num_steps=1)
        flow = jax.tree.map(lambda x: jnp.asarray(x[0]), trajectory.frames)
        found.append(foil_coefficients(flow))
    assert [float(each.lift) for each in found] == pytest.approx([0.502, 0.508], abs=2e-3)
    assert [float(each.drag) for each in found] == pytest.approx([0.0198, 0.0170], abs=2e-4)


def test_what_cannot_be_finer_says_so():
    with pytest.raises(ValueError, match="needs factor >= 1, got 0"):
        Simulated(COARSE).refined(0)
    learned = Ensemble([Springs()])
    with pytest.raises(ValueError, match="`Ensemble` has no refinement"):
        Simulated(learned).refined(2)
