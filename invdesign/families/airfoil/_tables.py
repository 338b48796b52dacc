"""The tables of a card of a model of sections."""

from collections.abc import Mapping, Sequence

# Numbers of sets of cases, or of fits, by their names.
Judged = Mapping[str, Mapping[str, float]]
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
    ("distance_to_data", "Distance to the training's data, 1 is typical, median", 1, ""),
    ("distance_to_data_95", "Distance to the training's data, 95th percentile", 1, ""),
    ("num_far", "Cases beyond the training's data", 1, ""),
)
_SPEEDS = (
    ("solver_seconds", "simpleFoam, one core", "solver_seconds"),
    ("value_seconds", "lift and drag, learned", "speedup"),
    ("gradient_seconds", "drag and its gradient by the section, learned", "gradient_speedup"),
)


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


def errors_section(judged: Judged) -> list[str]:
    """Errors of the model, a column a set of cases."""
    columns = list(judged.values())
    rows = [row for row in (_row(line, columns) for line in _LINES) if row is not None]
    return [
        "## Errors against the solver",
        "",
        *_table(["", "wanted", *judged], rows),
        "Relative errors of the lift are of its size or of 0.1, whichever is larger; a drag count "
        "is a ten-thousandth of the coefficient. Errors of fields are L2 norms over the cells, "
        "which crowd at the wall, over that of the field's deviation from its mean; medians over "
        "the cases. All of this is beside the solver on this grid; what the grid itself does to "
        "drag is a matter apart, and larger.",
        "",
    ]


def beside_section(
    judged: Judged,
    baselines: Judged,
) -> list[str]:
    """The model beside the fits, on the first set of cases."""
    heading = ["## Beside fits that know no flow", ""]
    if not baselines:
        return [*heading, "Left out: they need the training's data (`--training-data`).", ""]
    name, first = next(iter(judged.items()))
    columns = [first, *baselines.values()]
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


def speed_section(speeds: Mapping[str, float]) -> list[str]:
    """What a case costs, learned and solved."""
    rows = []
    for key, meaning, ratio in _SPEEDS:
        if key in speeds:
            times = f"{speeds[ratio]:.3g}" if ratio in speeds and ratio != key else ""
            rows.append([meaning, f"{speeds[key]:.3g} s", times])
    return [
        "## Seconds a case",
        "",
        *_table(["", "time", "times faster than simpleFoam"], rows),
        "Medians, one case at a time, compiled before; cores of the machine in use: "
        f"{speeds['num_cores']:.0f}. The learned times include the grid; simpleFoam's does not"
        + ("." if "solver_seconds" in speeds else ", and OpenFOAM is not installed there."),
        "",
    ]
