"""What a search should do with gradients that foresee as much as they do."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_SURE = 2.0  # standard deviations from nothing


@dataclasses.dataclass(frozen=True)
class Advice:
    """One sentence, the clipping limit that it speaks of, and what a gradient is worth.

    **Arguments:** `limit`: 0 for the exact gradient; `worth`: the correlation above which a
    gradient beats the best of as many random directions as it costs rollouts.
    """

    sentence: str
    limit: float
    worth: float


def best_of_random(number: float, size: int) -> float:
    """Mean largest correlation, up to its sign, of random directions in `size` dimensions."""
    drawn = np.random.default_rng(0).normal(size=(4000, max(1, round(number)), size))
    cosines = np.abs(drawn[..., 0]) / np.linalg.norm(drawn, axis=-1)
    return float(cosines.max(axis=1).mean())


def advice(rows: Sequence[Mapping[str, Any]], random: float, cost: float, size: int) -> Advice:
    """What the rows of `foresight` over the longest horizon say, in one sentence.

    The limit is the one whose mean correlation over the radii is highest.

    **Arguments:** `random`: spread of a correlation by chance; `cost`: of a gradient in rollouts;
    `size`: number of parameters.
    """
    worth = best_of_random(cost, size)
    longest = max(row["horizon"] for row in rows)
    rows = [row for row in rows if row["horizon"] == longest]
    limit = _best_limit(rows)
    chosen = sorted((r for r in rows if r["limit"] == limit), key=lambda row: row["radius"])
    trusted = [row for row in chosen if _low(row) > worth]
    noise = [row for row in chosen if _high(row, random)]
    if all(row["correlation"] is None for row in chosen):
        return Advice(_FLAT, limit, worth)
    if trusted:
        sentence = f"Trust these gradients at steps of {_range(trusted)}{_clipped(limit)}"
        rest = [row for row in chosen if row not in trusted]
        sentence += f"; at {_range(rest)} {_verdict(rest, noise)}: sample there" if rest else ""
    elif len(noise) == len(chosen):
        sentence = f"At steps of {_range(chosen)} these gradients are noise: sample"
    else:
        known = [row for row in chosen if row not in noise]
        sentence = (
            f"At steps of {_range(known)} these gradients know something{_clipped(limit)}, but no "
            f"more than as many samples as they cost: average them over scenes, or sample"
        )
    return Advice(f"{sentence}.", limit, worth)


_FLAT = "Nothing changes here at any of these steps: start elsewhere, or sample."


def _best_limit(rows: Sequence[Mapping[str, Any]]) -> float:
    limits = dict.fromkeys(row["limit"] for row in rows)

    def mean(limit: float) -> float:
        own = [r["correlation"] for r in rows if r["limit"] == limit]
        return float(np.mean([0.0 if each is None else each for each in own]))

    return max(limits, key=mean)


def _low(row: Mapping[str, Any]) -> float:
    """The correlation less its error."""
    return -1.0 if row["correlation"] is None else row["correlation"] - row["error"]


def _high(row: Mapping[str, Any], random: float) -> bool:
    """Whether a correlation is no more than chance."""
    return row["correlation"] is None or bool(row["correlation"] < _SURE * random)


def _verdict(rest: Sequence[Any], noise: Sequence[Any]) -> str:
    return "they are noise" if all(row in noise for row in rest) else "they know too little"


def _range(rows: Sequence[Mapping[str, Any]]) -> str:
    """Radii with their correlations."""
    parts = [f"{row['radius']:.2g} ({_number(row)})" for row in rows]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _number(row: Mapping[str, Any]) -> str:
    if row["correlation"] is None:
        return "flat"
    return f"correlation {row['correlation']:.2f} ± {row['error']:.2f}"


def _clipped(limit: float) -> str:
    return f", clipped at {limit:g}" if limit else ", exact"
