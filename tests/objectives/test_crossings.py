"""How far it is out of a wall, by hand, by differences, and by a repair that has to get there."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.objectives import ClearOf
from invdesign.objectives._crossings import signed_gaps
from invdesign.optimizers import Repair
from invdesign.spaces import JointChain

FLOOR_TO = 0.6
STANDING = [[[0.5, 0.0], [0.5, FLOOR_TO]]]
BOX = [[0.0, 0.0], [1.0, 1.0]]
_gaps = jax.jit(signed_gaps)


def _chain(*points):
    points = jnp.asarray(points, float)
    return jnp.stack([points[:-1], points[1:]], axis=1)


def _least(segments, walls=STANDING, sides=BOX):
    sides = None if sides is None else jnp.asarray(sides, float)
    return float(_gaps(segments, jnp.asarray(walls, float), sides).min())


def test_the_way_out_is_over_the_free_end_of_a_wall():
    across = _chain((0.1, 0.2), (0.4, 0.2), (0.8, 0.2), (0.8, 0.9), (0.2, 0.9), (0.2, 0.85))
    assert _least(across) == pytest.approx(-0.4)  # up, since the wall stands on the floor
    assert _least(across, sides=None) == pytest.approx(-0.2)  # below it, where nothing closes that


def test_the_end_of_a_tool_is_a_way_out_and_its_root_is_none():
    through = _chain((0.1, 0.2), (0.45, 0.2), (0.55, 0.2), (0.65, 0.2))
    assert _least(through) == pytest.approx(-0.15)
    assert _least(through[::-1, ::-1]) == pytest.approx(-0.4)  # hangs by the other end
    alone = _chain((0.45, 0.2), (0.65, 0.2))
    assert _least(alone) == pytest.approx(-0.05)  # a single blade has two ends


def test_joints_that_poke_through_go_back():
    poking = _chain((0.1, 0.2), (0.54, 0.2), (0.54, 0.3), (0.1, 0.3), (0.1, 0.9), (0.3, 0.9))
    assert _least(poking) == pytest.approx(-0.04)
    # One link between the crossings is as deep as its farther joint.
    slanted = _chain((0.1, 0.2), (0.52, 0.2), (0.56, 0.3), (0.1, 0.3), (0.1, 0.9), (0.3, 0.9))
    assert _least(slanted) == pytest.approx(-0.06)


def test_a_wall_that_ends_at_another_is_left_by_the_other():
    roof, lip = [[0.5, 0.4], [1.0, 0.4]], [[0.5, 0.4], [0.5, 0.7]]
    through = _chain((0.6, 0.1), (0.6, 0.6), (0.9, 0.6), (0.9, 0.9), (0.6, 0.9), (0.5, 0.9))
    assert _least(through, [roof]) == pytest.approx(-0.1)
    assert _least(through, [roof, lip]) == pytest.approx(-0.4)  # along the roof, up the lip
    closed = [[0.5, 0.4], [0.0, 0.4]]
    # No way around is left: back by its tip.
    tail = _chain((0.6, 0.1), (0.6, 0.6), (0.9, 0.6))
    assert _least(tail, [roof, closed]) == pytest.approx(-0.5)


def test_derivatives_of_ways_out_are_those_of_differences():
    with jax.enable_x64(True):
        chain = JointChain(8, 1.1, (0.15, 0.3), max_bend=0.9)
        walls = jnp.asarray([*STANDING, [[0.3, 0.2], [0.3, 0.5]]])
        sides = jnp.asarray(BOX)

        @eqx.filter_jit
        def both(z):
            def gaps(z):
                return signed_gaps(chain.decode(z).segments, walls, sides)

            step = 1e-7 * jnp.eye(8)
            rise = jax.vmap(lambda d: gaps(z + d) - gaps(z - d), out_axes=2)(step)
            return gaps(z), jax.jacfwd(gaps)(z), rise / 2e-7

        crossed = 0
        for seed in range(12):
            latent = jnp.asarray(np.random.default_rng(seed).normal(0, 0.5, 8))
            found, ours, theirs = both(latent)
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
            crossed += int((found < 0).sum())
        assert crossed > 12


def test_a_repair_takes_a_chain_over_the_wall_that_it_crosses():
    chain = JointChain(10, 1.0, (0.1, 0.55), max_bend=0.8)
    clear = ClearOf(STANDING, 0.03, within=BOX)

    @eqx.filter_jit
    def missed(z):
        return jnp.maximum(-clear(None, chain.decode(z)), 0.0) / clear.tolerance

    # Joints fall on the wall for some of these: there the distance of single segments is stuck.
    sag = np.linspace(-0.12, -0.03, 12)
    latents = jnp.stack([chain.encode(np.array([s] + 9 * [-0.03])) for s in sag])
    repaired = Repair(missed, 40)(latents)
    assert (jax.vmap(missed)(latents).max(axis=1) > 1).all()
    ends = jax.vmap(lambda z: chain.decode(z).segments)(repaired)
    np.testing.assert_array_less(jax.vmap(missed)(repaired).max(axis=1), 1.0 + 1e-3)
    at = np.asarray([np.interp(0.5, s[:, 0, 0], s[:, 0, 1]) for s in np.asarray(ends)])
    assert (at > FLOOR_TO).all()
