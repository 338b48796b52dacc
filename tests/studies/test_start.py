"""Where searches start."""

import numpy as np

from invdesign.studies import seeded_start

from .bowl import TASK


def test_seeds_start_apart_and_0_where_the_task_does():
    starts = [np.asarray(seeded_start(TASK.space, seed)) for seed in (0, 1, 1, 2)]
    np.testing.assert_array_equal(starts[0], TASK.space.initial())
    np.testing.assert_array_equal(starts[1], starts[2])
    assert 0 < np.abs(starts[1] - starts[0]).max() < 0.5
    assert np.abs(starts[3] - starts[1]).max() > 0
