"""Constraints on where a tool may be, against geometry done by hand and by another library."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import shapely

from invdesign.objectives import ClearOf, ClearOfItself, KeepIn, KeepOut
from invdesign.spaces import JointChain, Product, SegmentDesign

WALL = [[[0.5, 0.0], [0.5, 0.4]]]
BOX = (0.2, 0.3), (0.6, 0.8)


def _tool(segments):
    segments = jnp.asarray(segments, float)
    number = segments.shape[0]
    return SegmentDesign(jnp.zeros(number), segments, jnp.full(number, 0.015))


@eqx.filter_jit
def _entries(constraint, design):
    return constraint(None, design)


def _lines(number, seed=0):
    ends = np.random.default_rng(seed).uniform(0, 1, (number, 2, 2))
    ends[:, 1] = ends[:, 0] + 0.3 * (ends[:, 1] - 0.5)
    return ends


def test_clear_of_walls_is_the_gap_over_the_clearance():
    beside, above = [[0.3, 0.2], [0.44, 0.2]], [[0.4, 0.45], [0.7, 0.45]]
    through = [[0.48, 0.1], [0.7, 0.1]]
    entries = _entries(ClearOf(WALL, 0.04), _tool([beside, above, through]))
    np.testing.assert_allclose(entries, [0.06 / 0.04 - 1, 0.05 / 0.04 - 1, -0.02 / 0.04 - 1], 1e-4)


def test_the_nearest_of_the_walls_counts():
    lines, walls = _lines(40), np.array([[[0, 0.5], [1, 0.6]], [[0.4, 0], [0.5, 1]]])
    ours = np.asarray(_entries(ClearOf(walls, 0.03), _tool(lines)))
    exact = shapely.distance(shapely.linestrings(lines)[:, None], shapely.linestrings(walls))
    np.testing.assert_allclose(np.maximum(ours, -1), exact.min(axis=1) / 0.03 - 1, atol=1e-4)
    assert 0 < (ours < -1).sum() < 40


def test_a_crossing_is_undone_by_a_descent():
    clear = ClearOf(WALL, 0.04)

    def entry(reach):
        tip = jnp.stack([reach, jnp.asarray(0.2)])
        return clear(None, _tool(jnp.stack([jnp.asarray([0.2, 0.2]), tip])[None]))[0]

    reach = jnp.asarray([0.3, 0.45, 0.49, 0.51, 0.55])
    entries, slopes = jax.jit(jax.vmap(jax.value_and_grad(entry)))(reach)
    np.testing.assert_allclose(entries, (0.5 - np.asarray(reach)) / 0.04 - 1, atol=1e-4)
    np.testing.assert_allclose(slopes, -1 / 0.04, 1e-4)


def test_clear_of_itself_counts_pairs_that_are_no_neighbors():
    chain = JointChain(12, 0.6, (0.5, 0.5), max_bend=1.0)
    near = ClearOfItself(0.03, num_neighbors=2)
    straight = _entries(near, chain.decode(jnp.zeros(12)))
    assert straight.shape == (9,)
    np.testing.assert_allclose(straight, 2 * 0.05 / 0.03 - 1, 1e-4)  # the third has its start there
    loop = _entries(near, chain.decode(chain.encode(np.full(12, 0.7))))
    assert loop.min() < -1  # it closes after nine links
    pair = Product((chain, JointChain(2, 0.1, (0.5, 0.51))))
    across = _entries(near, pair.decode(jnp.zeros(14)))
    assert across.shape == (12,) and across.min() == pytest.approx(0.01 / 0.03 - 1, 1e-4)


def test_keep_out_is_met_exactly_by_what_does_not_touch_the_box():
    lines = _lines(300)
    ours = np.asarray(_entries(KeepOut(*BOX), _tool(lines)))
    apart = ~shapely.intersects(shapely.linestrings(lines), shapely.box(*BOX[0], *BOX[1]))
    np.testing.assert_array_equal(ours >= 0, apart)
    assert 30 < apart.sum() < 270


def test_keep_out_and_keep_in_measure_depths():
    out = KeepOut(*BOX, margin=0.1)
    corner_cut = [[0.1, 0.4], [0.3, 0.2]]  # its line passes the lower left corner at (0.2, 0.3)
    deeper = [[0.2, 0.4], [0.3, 0.3]]
    over, point = [[0.1, 0.75], [0.9, 0.75]], [[0.5, 0.55], [0.5, 0.55]]
    entries = _entries(out, _tool([corner_cut, deeper, over, point]))
    np.testing.assert_allclose(entries, [0.0, -np.sqrt(0.5), -0.5, -1.0], atol=1e-5)
    inside = KeepIn((0.0, 0.0), (1.0, 1.0), margin=0.1)
    entries = _entries(inside, _tool([[[0.1, 0.5], [0.5, 0.8]], [[0.5, 0.9], [0.5, 1.3]]]))
    np.testing.assert_allclose(entries, [1.0, -3.0], 1e-5)


def test_derivatives_by_the_joints_are_those_of_finite_differences():
    constraints = (
        ClearOf(WALL),
        ClearOfItself(num_neighbors=2),
        KeepOut(*BOX),
        KeepIn((0, 0), (1, 1)),
    )
    with jax.enable_x64(True):
        chain = JointChain(8, 0.9, (0.3, 0.25), max_bend=0.9)
        latent = jnp.asarray(np.random.default_rng(3).normal(0, 0.7, 8))

        @eqx.filter_jit
        def both(z):
            def entries(z):
                return jnp.stack([c(None, chain.decode(z))[:5] for c in constraints])

            step = 1e-6 * jnp.eye(8)
            rise = jax.vmap(lambda d: entries(z + d) - entries(z - d), out_axes=2)(step)
            return jax.jacfwd(entries)(z), rise / 2e-6

        ours, theirs = both(latent)
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
        assert (np.abs(ours).max(axis=(1, 2)) > 0.1).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClearOf(np.zeros((0, 2, 2))),
        lambda: ClearOf(WALL, 0.0),
        lambda: ClearOfItself(-0.1),
        lambda: ClearOfItself(num_neighbors=-1),
        lambda: KeepOut((0.0, 0.0), (0.0, 1.0)),
        lambda: KeepIn((0.0, 0.0), (1.0, 1.0), margin=0.0),
    ],
)
def test_senseless_settings_are_refused(make):
    with pytest.raises(ValueError, match="needs"):
        make()
