"""A task's table: one row for all runs that differ in nothing but their seeds."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._contest import Contest
from ._improvement import probability_of_improvement

RANDOM = "random"
DISTANCE = "distance_to_data"
_QUARTERS = (25.0, 50.0, 75.0)


@dataclasses.dataclass(frozen=True)
class Spread:
    """Median and quartiles of numbers of several runs; NaN if there are none."""

    median: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Row:
    """What runs of one kind came to, at the common budget.

    **Arguments:**

    - `label`: what they share.
    - `runs`, `of`: finished ones, out of how many in the study.
    - `training`: score of the champion on the conditions that were optimized on.
    - `score`, `reference`: of the champion on unseen conditions, under the simulator and in the
      reference solver; `judged`: of how many runs these are known.
    - `steps`, `seconds`: charged, and of the search.
    - `successes`: runs that came to the target; `steps_to_target`, `seconds_to_target`: medians
      over all runs, infinite where half of them did not.
    - `stood`: share of the budget after which the champion stood, the median.
    - `gap`: best known reference score less the median; `None` if there is none.
    - `distance`: the largest distance of a final design to a model's data, if any is known.
    - `better`: probability of a higher reference score than random search, with an interval.
    """

    label: str
    runs: int
    of: int
    training: Spread
    score: Spread
    reference: Spread
    judged: int
    steps: float
    seconds: float
    successes: int
    steps_to_target: float
    seconds_to_target: float
    stood: float
    distance: float | None = None
    gap: float | None = None
    better: tuple[float, float, float] | None = None


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles of the numbers that are some."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return Spread(math.nan, math.nan, math.nan)
    low, median, high = np.percentile(known, _QUARTERS)
    return Spread(float(median), float(low), float(high))


def common_budget(contests: Sequence[Contest]) -> float:
    """Charged steps up to which all runs can be compared."""
    limit = min(contest.limit for contest in contests)
    most = max(float(contest.history["charged_steps"][-1]) for contest in contests)
    return limit if math.isfinite(limit) else most


def usual_target(contests: Sequence[Contest], budget: float) -> float:
    """The median training score of random search at the end; of all runs if it is not there."""
    chosen = [each for each in contests if each.optimizer == RANDOM] or list(contests)
    return spread([_training(each, budget) for each in chosen]).median


def rows_of(
    contests: Sequence[Contest],
    sizes: Mapping[str, int],
    *,
    budget: float,
    target: float,
    best: float | None,
) -> list[Row]:
    """The table of a task, the best median first.

    **Arguments:** `sizes`: how many runs of each label the study has; `best`: the best known
    reference score.
    """
    by_label = {label: [each for each in contests if each.label == label] for label in sizes}
    rivals = [judged(each, budget, "reference_score") for each in contests
              if each.optimizer == RANDOM]  # fmt: skip
    rows = []
    for label, mine in by_label.items():
        row = _row(label, mine, sizes[label], budget, target)
        own = [judged(each, budget, "reference_score") for each in mine]
        gap = None if best is None else best - row.reference.median
        rows.append(dataclasses.replace(row, gap=gap, better=_better(own, rivals)))
    return sorted(rows, key=lambda row: (-_or(row.reference.median), -_or(row.training.median)))


def _or(value: float) -> float:
    return value if math.isfinite(value) else -math.inf


def _better(own: Sequence[float], rivals: Sequence[float]) -> tuple[float, float, float] | None:
    x, y = (np.asarray([v for v in many if math.isfinite(v)]) for many in (own, rivals))
    return probability_of_improvement([x], [y]) if len(x) and len(y) else None


def _row(label: str, mine: Sequence[Contest], of: int, budget: float, target: float) -> Row:
    reached = [_reached(each, budget, target) for each in mine]
    reference = [judged(each, budget, "reference_score") for each in mine]
    ends = [each.at(budget) for each in mine]
    made = [(each, end) for each, end in zip(mine, ends, strict=True) if end is not None]

    def at_end(column: str) -> float:
        return spread([float(each.history[column][end]) for each, end in made]).median

    far = [each.result[DISTANCE] for each in mine if each.result.get(DISTANCE) is not None]
    stood = [each.history["charged_steps"][each.last_gain(end)] / budget for each, end in made]
    return Row(
        label=label,
        runs=len(mine),
        of=of,
        training=spread([_training(each, budget) for each in mine]),
        score=spread([judged(each, budget, "score") for each in mine]),
        reference=spread(reference),
        judged=sum(math.isfinite(value) for value in reference),
        steps=at_end("charged_steps"),
        seconds=at_end("seconds"),
        successes=sum(math.isfinite(steps) for steps, _ in reached),
        steps_to_target=_median([steps for steps, _ in reached]),
        seconds_to_target=_median([seconds for _, seconds in reached]),
        stood=spread(stood).median,
        distance=max(far, default=None),
    )


def _median(values: Sequence[float]) -> float:
    """The median where some numbers may be infinite; of two middle ones the larger."""
    return sorted(values)[len(values) // 2] if values else math.nan


def _training(contest: Contest, budget: float) -> float:
    end = contest.at(budget)
    return math.nan if end is None else float(contest.history["score"][end])


def judged(contest: Contest, budget: float, key: str) -> float:
    """A score of the champion at the budget on unseen conditions, where it is known."""
    end = contest.at(budget)
    known = None if end is None else contest.known(end)
    value = None if known is None else getattr(known, key)
    return math.nan if value is None else float(value)


def _reached(contest: Contest, budget: float, target: float) -> tuple[float, float]:
    """Charged steps and seconds at which the training score came to the target."""
    end = contest.at(budget)
    if end is None:
        return math.inf, math.inf
    hits = np.flatnonzero(contest.history["score"][: end + 1] >= target)
    if not len(hits):
        return math.inf, math.inf
    history, first = contest.history, int(hits[0])
    return float(history["charged_steps"][first]), float(history["seconds"][first])


def plain(row: Row) -> dict[str, Any]:
    """A row for JSON and CSV, flat; what is no number is `None`."""
    flat: dict[str, Any] = {}
    for key, value in dataclasses.asdict(row).items():
        if isinstance(value, dict):
            flat |= {f"{key}_{name}": number for name, number in value.items()}
        elif key == "better":
            ends = value or (None, None, None)
            flat |= dict(zip(("better", "better_low", "better_high"), ends, strict=True))
        else:
            flat[key] = value
    finite = {k: v if not isinstance(v, float) or math.isfinite(v) else None for k, v in
              flat.items()}  # fmt: skip
    return finite
