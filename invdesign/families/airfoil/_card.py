"""What is known of a learned flow around sections, as a page with pictures."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...io._atomic import write_json, write_text
from ...training.mesh._flow_course import relative_errors
from ...viz import save_figure
from .._card_folder import card_folder
from ._agreement import agreement_figure, errors_figure
from ._evaluate import FoilRecord
from ._pictures import draw_flows
from ._tables import FOIL_BARS, beside_section, errors_section, speed_section


@dataclasses.dataclass(frozen=True)
class JudgedFoils:
    """What `evaluate_foils` said of a set of cases, with a sentence on where these come from."""

    about: str
    metrics: Mapping[str, float]
    records: Sequence[FoilRecord]

    @property
    def coefficients(self) -> tuple[np.ndarray, np.ndarray]:
        """Lift and drag, found and true, `(case, 2)` each."""
        found, true = (
            np.stack([getattr(record, key)[:2] for record in self.records])
            for key in ("found", "true")
        )
        return found, true


def write_foil_card(
    out: str | Path,
    name: str,
    judged: Mapping[str, JudgedFoils],
    *,
    about: Mapping[str, Any],
    speeds: Mapping[str, float],
    baselines: Mapping[str, tuple[Mapping[str, float], np.ndarray]] | None = None,
    notes: str = "",
) -> Path:
    """Write `card.md`, `metrics.json` and pictures of flows beside the solver's into `out`.

    **Arguments:**

    - `judged`: by the names of sets of cases; the first one is that of the baselines.
    - `about`: further facts by name for the card's head: file, checksum, sizes.
    - `speeds`: as `foil_speeds` returns them.
    - `baselines`: by name, `coefficient_errors` and lift and drag, `(case, 2)`, of the first set.
    - `notes`: Markdown for the card's end.

    **Returns:** the card.

    **Raises:** `ValueError` if a file cannot be written, or nothing was judged.
    """
    if not judged:
        raise ValueError("`write_foil_card` needs at least one set of cases.")
    out = card_folder(out)
    baselines = baselines or {}
    pictures = _figures(out, name, judged, baselines)
    pictures += draw_flows(out, {key: each.records for key, each in judged.items()})
    numbers = {key: each.metrics for key, each in judged.items()}
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        *[f"- {key}: {each.about}" for key, each in judged.items()],
        "",
        *errors_section(numbers),
        *beside_section(numbers, {key: found for key, (found, _) in baselines.items()}),
        *speed_section(speeds),
        *[f"![{path.stem}]({path.name})" for path in pictures],
        "",
        *([notes.rstrip(), ""] if notes else []),
    ]
    write_json(out / "metrics.json", foil_metrics(judged, speeds, baselines))
    return write_text(out / "card.md", "\n".join(text))


def foil_metrics(
    judged: Mapping[str, JudgedFoils],
    speeds: Mapping[str, float],
    baselines: Mapping[str, tuple[Mapping[str, float], np.ndarray]],
) -> dict[str, Any]:
    """All numbers of a card; those of the first set of cases at the top."""
    first, *others = judged
    return {
        **judged[first].metrics,
        **{name: dict(judged[name].metrics) for name in others},
        "baselines": {name: dict(metrics) for name, (metrics, _) in baselines.items()},
        "speed": dict(speeds),
    }


def _figures(
    out: Path,
    name: str,
    judged: Mapping[str, JudgedFoils],
    baselines: Mapping[str, tuple[Mapping[str, float], np.ndarray]],
) -> list[Path]:
    sets = {key: each.coefficients for key, each in judged.items()}
    first = next(iter(sets))
    true = sets[first][1]
    methods = {"Learned flow": sets} | {
        key.capitalize(): {first: (found, true)} for key, (_, found) in baselines.items()
    }
    errors = {f"learned flow, {key}": relative_errors(*pair) for key, pair in sets.items()}
    errors |= {
        f"{key}, {first}": relative_errors(found, true) for key, (_, found) in baselines.items()
    }
    subtitle = ", ".join(f"{len(each.records)} {key} cases" for key, each in judged.items())
    wanted = [(FOIL_BARS[f"{key}_error"], FOIL_BARS[f"{key}_error_95"]) for key in ("lift", "drag")]
    agreement = agreement_figure(methods, title=f"{name}: coefficients", subtitle=subtitle)
    below = errors_figure(errors, bars=wanted, title=f"{name}: errors", subtitle=subtitle)
    return [
        save_figure(out / "agreement.png", agreement),
        save_figure(out / "errors.png", below),
    ]
