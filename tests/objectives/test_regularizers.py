"""Regularizers against geometry done by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._rollout import Trajectory
from invdesign.objectives import InsideBox, OutsideBox, SelfCrossing, Smoothness
from invdesign.spaces import JointChain, SegmentDesign

NO_WATER = Trajectory(initial=None, frames=None, final=None, result=jnp.asarray(0))


def _tool(segments, parameters=(0.0, 0.0)):
    segments = jnp.asarray(segments, float)
    return SegmentDesign(
        jnp.asarray(parameters, float), segments, jnp.full(segments.shape[:1], 0.015)
    )


def test_smoothness_is_the_mean_squared_step():
    tool = _tool(np.zeros((1, 2, 2)), [0.1, 0.3, 0.0])
    assert Smoothness()(NO_WATER, tool) == pytest.approx((0.04 + 0.09) / 2)
    assert Smoothness()(NO_WATER, _tool(np.zeros((1, 2, 2)), [0.2] * 5)) == 0.0
    assert Smoothness()(NO_WATER, _tool(np.zeros((1, 2, 2)), [0.2])) == 0.0


def test_self_crossing_of_parallel_segments():
    tool = _tool([[[0, 0], [1, 0]], [[5, 5], [5, 6]], [[0, 0.03], [1, 0.03]]])
    assert SelfCrossing(0.04)(NO_WATER, tool) == pytest.approx(0.25**2, rel=1e-4)
    assert SelfCrossing(0.02)(NO_WATER, tool) == 0.0
    assert SelfCrossing(0.04, num_neighbors=2)(NO_WATER, tool) == 0.0


def test_descent_undoes_a_crossing():
    def penalty(height):
        post = jnp.stack([jnp.asarray([0.5, 1.0]), jnp.stack([jnp.asarray(0.5), height])])
        beam, far = jnp.asarray([[0.0, 0.0], [1.0, 0.0]]), jnp.asarray([[5.0, 5.0], [6.0, 5.0]])
        return SelfCrossing(0.1)(NO_WATER, _tool(jnp.stack([beam, far, post])))

    # The post's foot comes down to the beam and goes through: the push is upwards throughout.
    heights = jnp.asarray([0.2, 0.09, 0.05, 0.01, -0.01, -0.05, -0.09])
    values, slopes = jax.vmap(jax.value_and_grad(penalty))(heights)
    np.testing.assert_allclose(values, np.maximum(0, 1 - np.asarray(heights) / 0.1) ** 2, 1e-4)
    assert slopes[0] == 0 and (slopes[1:] < 0).all()


def test_a_chain_that_is_clear_of_itself_costs_nothing_and_a_loop_does():
    space = JointChain(12, 0.6, (0.5, 0.5), max_bend=1.0)
    penalty = SelfCrossing(0.04, num_neighbors=2)
    straight = space.decode(jnp.zeros(12))
    loop = space.decode(space.encode(np.full(12, 0.7)))
    assert penalty(NO_WATER, straight) == 0.0
    assert penalty(NO_WATER, loop) > 1.0
    slope = jax.grad(lambda z: penalty(NO_WATER, space.decode(z)))(space.encode(np.full(12, 0.7)))
    assert np.isfinite(slope).all() and np.abs(slope).max() > 0


def test_inside_box_measures_what_sticks_out():
    box = InsideBox((0.0, 0.0), (1.0, 1.0), margin=0.1)
    assert box(NO_WATER, _tool([[[0.1, 0.1], [1.0, 0.9]]])) == 0.0
    out = _tool([[[-0.2, 0.5], [0.5, 0.5]], [[1.1, 1.3], [0.5, 0.5]]])
    assert box(NO_WATER, out) == pytest.approx(4.0 + 1.0 + 9.0, rel=1e-5)


def test_outside_box_measures_how_deep_a_tool_is_in():
    box = OutsideBox((0.0, 0.0), (1.0, 1.0), margin=0.1)
    assert box(NO_WATER, _tool([[[-0.1, 0.5], [-0.3, 0.5]], [[2.0, 2.0], [3.0, 0.0]]])) == 0.0
    # Both ends are outside and the middle is 0.2 deep; then one end is 0.1 deep.
    assert box(NO_WATER, _tool([[[-0.3, 0.2], [1.3, 0.2]]])) == pytest.approx(4.0, rel=1e-5)
    assert box(NO_WATER, _tool([[[0.5, 0.9], [0.5, 1.5]]])) == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SelfCrossing(0.0),
        lambda: SelfCrossing(0.1, num_neighbors=0),
        lambda: InsideBox((0.0, 0.0), (1.0, 0.0)),
        lambda: InsideBox((0.0, 0.0), (1.0, 1.0), margin=0.0),
        lambda: OutsideBox((0.0, 0.0), (0.0, 1.0)),
    ],
)
def test_senseless_settings_are_refused(make):
    with pytest.raises(ValueError, match="needs"):
        make()
