"""Models of water beside the solver and its perturbed twin."""

import json

from ._parts import ROOT, section, table


def water_models() -> str:
    """Rollouts of the water models beside the solver's own perturbed twin."""
    rows = []
    for path in sorted(ROOT.glob("pretrained/*/metrics.json")):
        found = json.loads(path.read_text("utf-8"))
        if "occupancy_overlap" in found:
            rows.append(
                {
                    "model": f"`{path.parent.name}`",
                    "overlap with the solver": found["occupancy_overlap"],
                    "the solver's twin": found["occupancy_floor"],
                    "center of mass (m)": found["com_error"],
                    "the twin's (m)": found["com_floor"],
                }
            )
    said = (
        "30 scenes with tools of kinds never trained on; the twin is the solver itself, each "
        "particle moved by up to 1 mm:"
    )
    return section(
        "Learned water", f"Rollouts of 1 s, {said} `invdesign evaluate MODEL`.", table(rows)
    )
