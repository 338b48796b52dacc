"""How likely one method does better than another one, and how sure that is."""

from collections.abc import Sequence

import numpy as np

_RESAMPLES = 2_000
_LEVELS = (2.5, 97.5)  # percent


def probability_of_improvement(
    ours: Sequence[np.ndarray], others: Sequence[np.ndarray]
) -> tuple[float, float, float]:
    """The probability that a run of ours scores higher than one of the others.

    $$P(X > Y) = \\frac{1}{M} \\sum_m \\frac{1}{N K} \\sum_{i, j} S(x_{m,i}, y_{m,j})$$

    with S = 1 where x > y, one half where they are equal, and 0 otherwise: over M tasks the mean of
    a Mann-Whitney statistic. The interval is of a bootstrap that draws runs anew within each task.

    **Arguments:** scores of runs, `(run,)`, for each task; none may be empty.

    **Returns:** the probability, and the ends of its interval of 95%.

    Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice" (2021),
    section 4.3.
    """
    wins = [_wins(x, y) for x, y in zip(ours, others, strict=True)]
    rng = np.random.default_rng(0)
    drawn = np.mean([_resampled(table, rng) for table in wins], axis=0)
    low, high = np.percentile(drawn, _LEVELS)
    return float(np.mean([table.mean() for table in wins])), float(low), float(high)


def _wins(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """1, 0 or one half for each pair, `(ours, others)`."""
    return np.where(x[:, None] == y, 0.5, (x[:, None] > y).astype(float))


def _resampled(table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Means of a table whose rows and columns are drawn with replacement, `(resample,)`."""
    rows, columns = (rng.integers(0, n, (_RESAMPLES, n)) for n in table.shape)
    means = [table[np.ix_(r, c)].mean() for r, c in zip(rows, columns, strict=True)]
    return np.asarray(means)
