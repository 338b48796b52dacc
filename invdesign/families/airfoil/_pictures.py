"""The best, the median and the worst flow of a set of cases, beside the solver's."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...training.mesh._flow_course import relative_errors
from ...viz import save_figure
from ._evaluate import FoilRecord
from ._figures import FoilPair, flow_figure, walls_figure


def ranked(records: Sequence[FoilRecord]) -> list[int]:
    """Cases from the best to the worst by the relative errors of lift and drag, summed."""
    found, true = (np.stack([getattr(r, key)[:2] for r in records]) for key in ("found", "true"))
    errors = relative_errors(found, true).sum(axis=1)
    return np.argsort(np.where(np.isfinite(errors), errors, np.inf), kind="stable").tolist()


def foil_pair(record: FoilRecord, title: str) -> FoilPair:
    """A record as figures want it, with its coefficients in the second line."""
    degrees = math.degrees(float(record.scene.angle))
    lift, drag, lift_true, drag_true = (*record.found[:2], *record.true[:2])
    return FoilPair(
        learned=record.model,
        reference=record.truth,
        title=f"{title}: {record.name}, {degrees:.1f}°",
        subtitle=f"lift {lift:.4f} (solver {lift_true:.4f}), drag {drag:.5f} ({drag_true:.5f})",
    )


def draw_flows(out: Path, sets: Mapping[str, Sequence[FoilRecord]]) -> list[Path]:
    """Walls of three cases of each set, and the fields of its median case."""
    paths = []
    for name, records in sets.items():
        order, stem = ranked(records), name.lower().replace(" ", "-")
        places = {"Best": order[0], "Median": order[len(order) // 2], "Worst": order[-1]}
        pairs = {key: foil_pair(records[index], key) for key, index in places.items()}
        walls = walls_figure(
            list(pairs.values()),
            title=f"{len(records)} {name} cases: pressure and friction",
            subtitle="best, median and worst by the relative errors of lift and drag, summed",
        )
        paths.append(save_figure(out / f"walls-{stem}.png", walls))
        median = foil_pair(records[places["Median"]], f"The median of {len(records)} {name} cases")
        paths.append(save_figure(out / f"flow-{stem}.png", flow_figure(median)))
    return paths
