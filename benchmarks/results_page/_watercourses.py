"""Landscapes that lead water."""

from collections.abc import Mapping
from typing import Any

from benchmarks._common import unpacked

from ._parts import RESULTS, load, section, source, table

_MODES = 64  # of which the samplers among few numbers make landscapes


def watercourses() -> str:
    """Descents from several starts, and rivals on equal budgets, among 625 heights."""
    rows = []
    for path in sorted(RESULTS.glob("courses-*.json")):
        for run in load(path.stem)["results"]["runs"]:
            shares = [
                f"{sum(each) / len(each):.2f}"
                for name, each in sorted(run["figures"].items())
                if name != "landed"
            ]
            landed = run["figures"]["landed"]
            rows.append(
                {
                    "task": f"`{run['task']}`",
                    "options": run["options"],
                    "start": run["start"],
                    "search": _search(run),
                    "score": f"{run['score']:.3f}",
                    "at twice the resolution": _fine(run),
                    "in each pool": ", ".join(shares),
                    "landed": f"{sum(landed) / len(landed):.3f}",
                }
            )
    said = (
        "Searches in the water of the lite twin, scores on three unseen streams of the task's own "
        "water: `python -m benchmarks.studies.courses`. An iteration of `modes-cmaes` is 16 "
        "rollouts, charged as three gradients."
    )
    rivals = [
        {
            "task": f"`{run['task'].split(',')[0]}`",
            "method": run["method"],
            "start": run["seed"],
            "numbers": _MODES if _among_modes(run) else len(unpacked(run["latent"])),
            "first std": run["setting"].partition("initial_std ")[2].partition(",")[0],
            "charged steps": f"{run['budget']:,.0f}",
            "score": f"{run['score']:.3f}",
            "where it was searched": f"{run['training']:.3f}",
            "landed": f"{run['landed']:.3f}",
        }
        for path in sorted(RESULTS.glob("landscapes-*.json"))
        for run in load(path.stem)["results"]["runs"]
    ]
    equal = (
        "The lite twins' water over 25 x 25 heights on equal charged budgets, 14,000 for 40 "
        "gradients or 200 rollouts; scores on unseen streams of that water, not of the task's own: "
        "`python -m benchmarks.studies.landscapes --nodes 25 --gradients 40`."
    )
    landings = load("landings")["results"]
    means = {"run": "means", "iteration": "", **landings["means"]}
    visited = [
        {
            "descent towards 70 degrees": row["run"],
            "iteration": str(row["iteration"]),
            "share landed, error": row["landed_error"],
            "mean landing point, error (m)": row["place_error"],
            "12 sectors, sum of errors": row["sector_error"],
            "time of landing, error (s)": row["time_error"],
        }
        for row in [*landings["rows"], means]
    ]
    through = (
        "Where the water of `watercourse` lands beside the solver's, on landscapes that descents "
        "through earlier weights of it visited: `python -m benchmarks.studies.landings`."
    )
    stored = (sorted(RESULTS.glob(f"{name}-*.json")) for name in ("courses", "landscapes"))
    first, second = ([source(path.stem) for path in paths] for paths in stored)
    parts = [said, table(rows), *first, equal, table(rivals), *second]
    return section("Watercourses", *parts, through, table(visited), source("landings"))


def _among_modes(run: Mapping[str, Any]) -> bool:
    """Whether a method searched among the amplitudes of a few shapes."""
    return run["method"] in ("cosines", "kernel", "modes-cmaes")


def _fine(run: Mapping[str, Any]) -> str:
    """The score at twice the resolution, before and after a search there."""
    if "fine_score" not in run:
        return ""
    return f"{run['fine_score']:.3f} (before {run['fine_score_before']:.3f})"


def _search(run: Mapping[str, Any]) -> str:
    """How a landscape was searched for."""
    if run["start"] == "flat":
        return ""
    further = f", then {run['further']} gradients of the task's own" if run.get("further") else ""
    if run.get("finer"):
        further += f", then {run['finer']} at twice the resolution"
    if "optimizer" in run:
        return f"`{run['optimizer']}`, {run['iterations']} iterations{further}"
    falls = ", the rate falls" if run.get("decay") else ""
    return f"{run['gradients']} gradients{falls}{further}"
