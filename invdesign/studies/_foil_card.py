"""What is known of a learned flow around sections, as a page with pictures."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..io import write_json, write_text
from ..training import FoilRecord, relative_errors
from ..viz import agreement_figure, errors_figure, save_figure
from ._foil_pictures import draw_flows
from ._model_card import card_folder

# Medians and 95th percentiles of relative errors of lift and drag that are good enough.
FOIL_BARS = {
    "drag_error": 0.01,
    "drag_error_95": 0.03,
    "lift_error": 0.005,
    "lift_error_95": 0.03,
}
# Name in `evaluate_foils`, what it means, and what it is multiplied by to be in which unit.
_LINES = (
    ("drag_error", "Drag, relative error, median", 100, "%"),
    ("drag_error_95", "Drag, relative error, 95th percentile", 100, "%"),
    ("drag_offset", "Drag, error, median", 1e4, "counts"),
    ("drag_offset_95", "Drag, error, 95th percentile", 1e4, "counts"),
    ("drag_bias", "Drag, mean error with its sign", 1e4, "counts"),
    ("lift_error", "Lift, relative error, median", 100, "%"),
    ("lift_error_95", "Lift, relative error, 95th percentile", 100, "%"),
    ("lift_offset", "Lift, error, median", 1, ""),
    ("lift_offset_95", "Lift, error, 95th percentile", 1, ""),
    ("lift_bias", "Lift, mean error with its sign", 1, ""),
    ("moment_offset", "Moment, error, median", 1, ""),
    ("moment_offset_95", "Moment, error, 95th percentile", 1, ""),
    ("velocity_field_error", "Velocity, of its spread", 100, "%"),
    ("pressure_field_error", "Pressure, of its spread", 100, "%"),
    ("eddy_viscosity_field_error", "Eddy viscosity, of its spread", 100, "%"),
    ("wall_pressure_field_error", "Pressure on the surface, of its spread", 100, "%"),
    ("shear_field_error", "Shear on the surface, of its spread", 100, "%"),
    ("num_cases", "Cases", 1, ""),
    ("num_failed", "Cases left out: the solver failed", 1, ""),
    ("num_nonfinite", "Cases without a finite answer", 1, ""),
)
_SPEEDS = (
    ("solver_seconds", "simpleFoam, one core", "solver_seconds"),
    ("value_seconds", "lift and drag, learned", "speedup"),
    ("gradient_seconds", "drag and its gradient by the section, learned", "gradient_speedup"),
)


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
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        *[f"- {key}: {each.about}" for key, each in judged.items()],
        "",
        *_errors(judged),
        *_beside(judged, baselines),
        *_speed(speeds),
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


def _number(key: str, value: float, factor: float, unit: str) -> str:
    digits = f"{value:.0f}" if key.startswith("num_") else f"{factor * value:.3g}"
    return f"{digits} {unit}".rstrip()


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return [*lines, *[f"| {' | '.join(row)} |" for row in rows], ""]


def _row(
    line: tuple[str, str, float, str], columns: Sequence[Mapping[str, float]]
) -> list[str] | None:
    key, meaning, factor, unit = line
    if not any(key in metrics for metrics in columns):
        return None
    bar = f"below {factor * FOIL_BARS[key]:g} {unit}" if key in FOIL_BARS else ""
    cells = [_number(key, m[key], factor, unit) if key in m else "" for m in columns]
    return [f"{meaning} (`{key}`)", bar, *cells]


def _errors(judged: Mapping[str, JudgedFoils]) -> list[str]:
    columns = [each.metrics for each in judged.values()]
    rows = [row for row in (_row(line, columns) for line in _LINES) if row is not None]
    return [
        "## Errors against the solver",
        "",
        *_table(["", "wanted", *judged], rows),
        "Relative errors of the lift are of its size or of 0.1, whichever is larger; a drag count "
        "is a ten-thousandth of the coefficient. Errors of fields are L2 norms over the cells, "
        "which crowd at the wall, over that of the field's deviation from its mean; medians over "
        "the cases. All of this is beside the solver on its own grid, whose error is larger.",
        "",
    ]


def _beside(
    judged: Mapping[str, JudgedFoils],
    baselines: Mapping[str, tuple[Mapping[str, float], np.ndarray]],
) -> list[str]:
    heading = ["## Beside fits that know no flow", ""]
    if not baselines:
        return [*heading, "Left out: they need the training's data (`--training-data`).", ""]
    name, first = next(iter(judged.items()))
    columns = [first.metrics, *(metrics for metrics, _ in baselines.values())]
    shown = [line for line in _LINES if line[0].startswith(("drag_", "lift_"))]
    rows = [row for row in (_row(line, columns) for line in shown) if row is not None]
    return [
        *heading,
        *_table([name, "wanted", "the model", *baselines], rows),
        "The fits go from the parameters of this family of sections, eight of the shape and the "
        "angle, straight to lift and the logarithm of drag, and have learned from the same cases. "
        "They have no flow to show, and no answer for a section of any other family.",
        "",
    ]


def _speed(speeds: Mapping[str, float]) -> list[str]:
    rows = []
    for key, meaning, ratio in _SPEEDS:
        if key in speeds:
            times = f"{speeds[ratio]:.3g}" if ratio in speeds and ratio != key else ""
            rows.append([meaning, f"{speeds[key]:.3g} s", times])
    return [
        "## Seconds a case",
        "",
        *_table(["", "time", "times faster than simpleFoam"], rows),
        "Medians, one case at a time on the machine of this evaluation, compiled before. "
        + ("" if "solver_seconds" in speeds else "OpenFOAM is not installed there."),
        "",
    ]


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
