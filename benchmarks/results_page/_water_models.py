"""Models of water beside the solver and its perturbed twin."""

import json
from typing import Any

from ._parts import ROOT, section, table


def water_models() -> str:
    """Rollouts of the water models beside the solver's own perturbed twin."""
    rows, met = [], []
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
            met += _where_tools_act(f"`{path.parent.name}`", found)
    said = (
        "30 scenes with tools of kinds never trained on; the twin is the solver itself, each "
        "particle moved by up to 1 mm:"
    )
    skill = (
        "Where water meets tools, on such scenes in which at least 30% of it does and on 20 random "
        "designs of each task over its own frames. Skill: 0 is the solver without tools, 1 its "
        "twin."
    )
    return section(
        "Learned water",
        f"Rollouts of 1 s, {said} `invdesign evaluate MODEL`.",
        f"{table(rows)}\n\n{skill}\n\n{table(met)}",
    )


def _where_tools_act(model: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for the scenes with contact, and one for each task's designs."""
    judged = {"with contact": found.get("contact", {}), **found["designs"]}
    return [
        {
            "model": model,
            "scenes": name,
            "skill": f"{numbers['skill']:.2f} ± {numbers['skill_error']:.2f}",
            "overlap": numbers["occupancy_overlap"],
            "the twin's": numbers["occupancy_floor"],
            "without tools": numbers["overlap_without_tools"],
            "center of mass (m)": numbers["com_error"],
        }
        for name, numbers in judged.items()
        if "skill" in numbers
    ]
