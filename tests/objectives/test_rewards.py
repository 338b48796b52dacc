"""Values and scores of trajectories whose answer is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._rollout import Trajectory
from invdesign.objectives import (
    EvenFraction,
    GaussianReward,
    RegionFraction,
    WeightedSum,
    Worst,
)
from invdesign.scenes import ParticleFrame


def _trajectory(positions):
    """A trajectory through `positions`, `(time, node, 2)`."""
    frames = ParticleFrame(jnp.asarray(positions), jnp.zeros_like(jnp.asarray(positions)))
    initial = jax.tree.map(lambda x: x[0], frames)
    return Trajectory(initial=initial, frames=frames, final=initial, result=jnp.asarray(0))


def _still(points, num_frames=20):
    return _trajectory(np.tile(np.asarray(points, np.float32), (num_frames, 1, 1)))


def test_gaussian_reward_is_zero_on_its_point_and_one_far_away():
    reward = GaussianReward((0.3, 0.4), (0.1, 0.2))
    assert reward(_still([[0.3, 0.4]] * 3), None) == pytest.approx(0.0, abs=1e-6)
    assert reward(_still([[3.0, 4.0]]), None) == pytest.approx(1.0, abs=1e-6)


def test_gaussian_reward_one_width_away_along_either_axis():
    reward = GaussianReward((0.3, 0.4), (0.1, 0.2))
    for point in ([0.4, 0.4], [0.2, 0.4], [0.3, 0.6], [0.3, 0.2]):
        assert reward(_still([point]), None) == pytest.approx(1 - np.exp(-0.5), rel=1e-5)
    both = reward(_still([[0.4, 0.6], [0.3, 0.4]]), None)
    assert both == pytest.approx(1 - (np.exp(-1.0) + 1) / 2, rel=1e-5)


@pytest.mark.parametrize(("tail", "share"), [(0.0, 1.0), (0.1, 1.0), (0.5, 0.4), (1.0, 0.2)])
def test_only_the_last_frames_count(tail, share):
    far, near = [[[0.9, 0.9]]], [[[0.5, 0.5]]]
    trajectory = _trajectory(np.asarray(far * 16 + near * 4, np.float32))
    assert 1 - GaussianReward((0.5, 0.5), (0.01, 0.01), tail)(trajectory, None) == pytest.approx(
        share
    )
    assert RegionFraction((0.4, 0.4), (0.6, 0.6), tail)(trajectory, None) == pytest.approx(share)


def test_gaussian_reward_pulls_towards_its_point():
    def value(x):
        return GaussianReward((0.3, 0.4), (0.1, 0.2))(_trajectory(x[None, None]), None)

    slope = jax.grad(value)(jnp.asarray([0.45, 0.5]))
    expected = np.asarray([1.5 / 0.1, 0.5 / 0.2]) * np.exp(-0.5 * (1.5**2 + 0.5**2))
    np.testing.assert_allclose(slope, expected, rtol=1e-5)


def test_region_fraction_counts_particles():
    points = [[0.1, 0.1], [0.5, 0.5], [0.4, 0.6], [0.39, 0.5], [np.nan, 0.5]]
    assert RegionFraction((0.4, 0.4), (0.6, 0.6))(_still(points), None) == pytest.approx(2 / 5)


def test_a_weighted_sum_adds_up():
    one, two = GaussianReward((0.3, 0.4), (0.1, 0.2)), GaussianReward((0.0, 0.0), (0.3, 0.3))
    trajectory = _still([[0.2, 0.3], [0.1, 0.0]])
    expected = 0.3 * one(trajectory, None) + 2.0 * two(trajectory, None)
    np.testing.assert_allclose(
        WeightedSum((one, two), (0.3, 2.0))(trajectory, None), expected, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: GaussianReward((0.0, 0.0), (0.1, 0.0)), "positive std"),
        (lambda: GaussianReward((0.0, 0.0), (0.1, 0.1), tail=1.5), "between 0 and 1"),
        (lambda: RegionFraction((0.5, 0.0), (0.5, 1.0)), "lower < upper"),
        (lambda: RegionFraction((0.0, 0.0), (1.0, 1.0), tail=-0.1), "between 0 and 1"),
        (lambda: WeightedSum((), ()), "one weight for each"),
        (lambda: WeightedSum((GaussianReward((0.0,), (1.0,)),), (1.0, 2.0)), "one weight for each"),
        (lambda: WeightedSum((GaussianReward((0.0,), (1.0,)),), (np.nan,)), "finite weights"),
        (lambda: Worst(()), "at least one term"),
        (lambda: Worst((GaussianReward((0.0,), (1.0,)),), 0.0), "sharpness > 0"),
        (lambda: EvenFraction([[0.5, 0.0]], [[0.5, 1.0]]), "lower < upper"),
        (lambda: EvenFraction([0.5, 0.0], [0.6, 1.0]), "lower < upper"),
    ],
)
def test_senseless_settings_are_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_worst_is_between_the_mean_and_the_largest():
    terms = [GaussianReward((x, 0.5), (0.1, 0.1)) for x in (0.2, 0.4, 0.9)]
    water = _still([[0.3, 0.5], [0.4, 0.5]])
    values = np.asarray([term(water, None) for term in terms])
    for sharpness, wanted in (
        (1e-3, values.mean()),
        (20.0, np.log(np.mean(np.exp(20 * values))) / 20),
        (1e3, values.max() - np.log(3) / 1e3),
    ):
        assert Worst(terms, sharpness)(water, None) == pytest.approx(wanted, abs=1e-3)


def test_even_fraction_is_the_number_of_boxes_times_the_least_share():
    score = EvenFraction([[0.0, 0.0], [0.5, 0.0]], [[0.4, 1.0], [0.9, 1.0]])
    left, right, neither = [0.2, 0.5], [0.7, 0.5], [0.45, 0.5]
    for water, wanted in (
        ([left, right], 1.0),
        ([left] * 3 + [right], 0.5),
        ([left, right, neither, neither], 0.5),
        ([left, left], 0.0),
    ):
        assert score(_still(water), None) == pytest.approx(wanted)
