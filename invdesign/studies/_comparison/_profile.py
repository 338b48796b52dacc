"""Which share of runs does better than a score, for every score."""

from collections.abc import Sequence

import numpy as np

_RESAMPLES = 1_000
_LEVELS = (2.5, 97.5)  # percent


def performance_profile(
    scores: Sequence[float], thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share of runs with a score above each threshold, with an interval.

    $$F(\\tau) = \\frac{1}{N} \\sum_n [x_n > \\tau]$$

    The interval of 95% is pointwise, of a bootstrap that draws the runs anew.

    **Arguments:** `scores`: one a run, at least one; `thresholds`: `(threshold,)`.

    **Returns:** the shares and the ends of their intervals, `(threshold,)` each.

    Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice" (2021),
    section 4.2.
    """
    above = np.asarray(scores)[:, None] > thresholds
    drawn = np.random.default_rng(0).integers(0, len(above), (_RESAMPLES, len(above)))
    low, high = np.percentile(above[drawn].mean(axis=1), _LEVELS, axis=0)
    return above.mean(axis=0), low, high
