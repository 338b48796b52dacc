"""`docs/results.md` from `benchmarks/results/*.json` and `pretrained/*/metrics.json`.

    python -m benchmarks.results_page

No number on that page is typed by hand; a test says whether it is up to date.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "results.md"
_HEAD = """\
# Results

Written by `python -m benchmarks.results_page` from the files in `benchmarks/results/` and
`pretrained/*/metrics.json`; [Benchmarks](benchmarks.md) says how they were measured. Below each
table stand the machine, its load when the script started, the versions and, where they are stored,
the first digits of the digests of task and weights. What a single command such as
`invdesign run contain` prints stands in the card of the task (`tasks/*/README.md`).

Scores are means over conditions that nobody optimized on; higher is better. "0.92 (0.90 to 0.94)"
is a median over starts with its range. A gradient is charged as four to five rollouts.

Up to commit 5197ed2 `contain`, `ramp` and `maze` were other, easier tasks: one angle common to all
joints or blades solved the first and the last. What was measured on them stays here, marked "first
version". `git checkout 5197ed2` brings these tasks, their cards and their best designs back, and
the commands below measure them again."""
# Digests of the water tasks as they were then.
_FIRST_VERSIONS = {
    "1602fa2010a0", "31c88ac82605", "4703af3877be", "4ae8c925a2db", "d2bd114f118f",
    "d527d05c4b5f", "e23232f0ff64",
}  # fmt: skip


def load(name: str) -> dict[str, Any]:
    """The stored file of a benchmark."""
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Mappings with equal keys as a table; numbers on the right."""
    rows = list(rows)
    sides = ["---" if isinstance(value, str) else "---:" for value in rows[0].values()]
    lines = [list(rows[0]), sides, *([_cell(value) for value in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.4g}"


def source(name: str) -> str:
    """On what, and of what, a stored file was measured."""
    stored = load(name)
    machine, versions = stored["machine"], stored["versions"]
    words = [
        f"`{name}.json`: {machine['cpu']}, cores: {machine['cores']}, load: {machine['load']}",
        f"JAX {versions['jax']}",
        f"invdesign {versions['invdesign']}",
    ]
    others = {run["machine"] for run in _runs(stored) if "machine" in run}
    words += [f"some runs on {other}" for other in sorted(others)]
    for key, said in (("task_digest", "task"), ("weights_sha256", "weights")):
        found = {str(run[key]).removeprefix("2:")[:12] for run in _runs(stored) if run.get(key)}
        words += [f"{said} `{digest}`" for digest in sorted(found)]
    return "; ".join(words) + "."


def _runs(stored: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    results = stored["results"]
    if not isinstance(results, Mapping):
        return []
    tasks = results.get("tasks", {})
    return [results, *results.get("runs", ()), *(tasks.values() if tasks else ())]


def section(title: str, *parts: str) -> str:
    """A heading and what stands below it."""
    return "\n\n".join([f"## {title}", *parts])


def _range(row: Mapping[str, Any], key: str) -> str:
    low, high = row[f"{key} range"].split("-")
    return f"{row[key]:.2f} ({low} to {high})"


def optimizers(name: str) -> str:
    """What each optimizer reached on one task on equal budgets, from a file's name."""
    task, through = name.split("optimizers-")[1].rsplit("-", 1)
    summary = load(name)["results"]["summary"]
    learned = through == "learned"
    rows = []
    for row in sorted(summary, key=lambda row: -row["reference_score"]):
        after = row.get("coupled-adam is there after")
        own = row["optimizer"] == "coupled-adam"
        rows.append(
            {
                "optimizer": f"`{row['optimizer']}`",
                "starts": row["seeds"],
                "score in the solver": _range(row, "reference_score"),
                **({"under the model": _range(row, "score")} if learned else {}),
                "share of its budget after which `coupled-adam` is there": ""
                if own
                else "never"
                if after is None
                else f"{after:.2g}",
                "seconds": round(row["seconds"]),
            }
        )
    where = "the learned model `water2d`" if learned else "the solver"
    budget = max(run["budget"] for run in load(name)["results"]["runs"])
    said = f"`{task}`{_version(name)} through {where}, a budget of {budget:,.0f} charged steps:"
    return "\n\n".join([said, table(rows), source(name)])


def _version(name: str) -> str:
    """A remark where a stored file is about the first version of a water task."""
    digests = {str(run.get("task_digest")).removeprefix("2:")[:12] for run in _runs(load(name))}
    return " (first version)" if digests & _FIRST_VERSIONS else ""


def all_optimizers() -> str:
    """Every stored comparison."""
    found = [
        optimizers(str(path.relative_to(RESULTS).with_suffix("")))
        for folder in (RESULTS, RESULTS / "first-version")
        for path in sorted(folder.glob("optimizers-*.json"))
    ]
    command = "`python -m benchmarks.studies.optimizers --task TASK [--simulator reference]`"
    return section(
        "Optimizers on equal budgets",
        f"From starts that no setting was tuned on: {command}.",
        *found,
    )


def tuning() -> str:
    """Which settings were tried."""
    parts = []
    for name in ("tuning", "tuning-learned"):
        rows = [
            {
                "optimizer": f"`{row['optimizer']}`",
                "setting": row["setting"],
                "runs": row["runs"],
                "mean score": row["mean"],
                "lowest": row["lowest"],
            }
            for row in load(name)["results"]["summary"]
        ]
        parts += [table(rows), source(name)]
    said = (
        "The same effort for each, on the first version of the tasks, through the solver and, on "
        "`maze`, through `water2d`:"
    )
    return section(
        "Settings of optimizers", f"{said} `python -m benchmarks.studies.tuning`.", *parts
    )


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


def flow_model() -> str:
    """Errors of lift and drag, and seconds a case."""
    rows, seconds = [], []
    for name in ("airfoil-fine", "airfoil", "airfoil-mixed-fine", "airfoil-mixed"):
        found = json.loads((ROOT / f"pretrained/{name}/metrics.json").read_text("utf-8"))
        rows += [
            {
                "model": f"`{name}`",
                "cases": said,
                "number": round(errors["num_cases"]),
                **{
                    f"{force}, {words}": f"{100 * errors[f'{force}_error{key}']:.2f}%"
                    for force in ("lift", "drag")
                    for key, words in (("", "median"), ("_95", "95th percentile"))
                },
            }
            for said, errors in (
                ("held out", found),
                (f"NACA sections{'' if 'mixed' in name else ', never trained on'}", found["NACA"]),
            )
        ]
        speed = found["speed"]
        seconds.append(
            {
                "seconds a case": f"`{name}`",
                "model": speed["value_seconds"],
                "with its gradient": speed["gradient_seconds"],
                "simpleFoam on its cells": speed["solver_seconds"],
            }
        )
    said = "Relative errors beside flows of the cells that each learned from: `invdesign evaluate`."
    return section("Learned flow around sections", said, table(rows), table(seconds))


def foil_designs() -> str:
    """Searches for the least drag at a lift of 0.5."""
    rows = load("foil_design")["results"]["summary"]
    first = rows[0]
    found = [
        {
            "design": row["name"],
            "drag at lift": f"{row['drag at lift']:.5f}",
            "saved": f"{100 * (1 - row['drag at lift'] / first['drag at lift']):.1f}%",
            "on finer cells": f"{row['fine grid']:.5f}",
            "saved there": f"{100 * (1 - row['fine grid'] / first['fine grid']):.1f}%",
            "evaluations": row["evaluations"],
            "seconds of one core": round(row["core seconds"]),
        }
        for row in rows
    ]
    said = (
        "Drag in OpenFOAM on 16,128 cells with the angle trimmed to a lift of 0.5. Less is saved "
        "on finer ones (36,288): compare the columns. Seconds count compilation. "
        "`python -m benchmarks.studies.foil_design`:"
    )
    return section("`airfoil`", said, table(found), source("foil_design"))


def foil_rivals() -> str:
    """The sections that other programs find, and what each judge says of them."""
    rows = load("foil_rivals")["results"]["rows"]
    first, found = rows[0], []
    for row in rows:
        line: dict[str, Any] = {"section": row["name"]}
        for judge in ("openfoam", "xfoil", "neuralfoil"):
            drag = row[judge]
            line[judge] = "none" if drag is None else f"{drag:.5f}"
            line[f"{judge}: saved"] = (
                "" if drag is None else f"{100 * (1 - drag / first[judge]):.1f}%"
            )
        found.append(line | {"misses": ", ".join(row["violations"]) or "nothing"})
    said = (
        "Drag at a lift of 0.5: OpenFOAM on 36,288 cells, XFOIL and NeuralFoil tripped at a "
        "hundredth of the chord. `python -m benchmarks.studies.foil_rivals`:"
    )
    return section("`airfoil` by other programs", said, table(found), source("foil_rivals"))


def foil_grids() -> str:
    """The error of the solver's grid."""
    found = load("foil_solver")["results"]
    rows = [
        {"cells": str(row["cells"]), "lift": row["lift"], "drag": f"{row['drag']:.5f}"}
        for row in found["grids"]
    ]
    limit = found["extrapolation"]
    rows.append(
        {
            "cells": "extrapolated",
            "lift": limit["lift"]["limit"],
            "drag": f"{limit['drag']['limit']:.5f}",
        }
    )
    polar = [
        {
            "degrees": row["angle"],
            "lift": f"{row['lift']:.3f}",
            "drag": f"{row['drag']:.4f}",
            "finer: lift": f"{row['lift finer']:.3f}",
            "finer: drag": f"{row['drag finer']:.4f}",
            "XFOIL: lift": f"{row['lift xfoil']:.3f}",
            "XFOIL: drag": f"{row['drag xfoil']:.4f}",
        }
        for row in found["polar"]
        if row["angle"] >= 0
    ]
    said = "NACA 0012 at 5 degrees, then its polar: `python -m benchmarks.studies.foil_solver`."
    return section(
        "The grid of the flow solver", said, table(rows), table(polar), source("foil_solver")
    )


def transfer() -> str:
    """Learned against reference scores."""
    found = load("first-version/transfer")["results"]
    row = {
        "task": f"`{found['task']}`",
        "designs": len(found["designs"]),
        "rank correlation": round(found["rank_correlation"], 3),
        "mean absolute gap": round(found["mean_absolute_gap"], 3),
    }
    return section(
        "Learned against reference scores",
        "Of what optimizers found on the first version of the task: "
        "`python -m benchmarks.studies.transfer`.",
        table([row]),
        source("first-version/transfer"),
    )


def norms() -> str:
    """Norms of exact gradients and growth of differences."""
    rows = [
        {
            "task": f"`{row['task']}`",
            "design": row["design"],
            "frames": row["frames"],
            "model": row["learned median"],
            "solver": row["solver median"],
            "model over solver": row["ratio"],
        }
        for row in load("gradient_norms")["results"]["rows"]
    ]
    growth = [
        {
            "task": f"`{row['task']}`",
            "simulator": row["simulator"],
            "from frame": row["from frame"],
            **{f"after {n}": row[f"after {n}"] for n in (5, 10, 20)},
        }
        for row in load("growth")["results"]["rows"]
    ]
    return section(
        "Gradients of rollouts",
        "Median norm of the exact gradient over scenes and designs, water tasks in their first "
        "version: "
        "`python -m benchmarks.studies.gradient_norms`.",
        table(rows),
        source("gradient_norms"),
        "By how much small differences grow: `python -m benchmarks.studies.growth`.",
        table(growth),
        source("growth"),
    )


def times() -> str:
    """Timings in seconds."""
    inner = load("inner_loop")["results"]
    loops = [
        {
            "a rollout of 100 steps": words,
            **{f"{what} (s)": inner[key][what]["min"] for what in ("value", "gradient")},
        }
        for key, words in (("learned", "`water2d`"), ("reference", "the solver"))
    ]
    adjoints = [
        {
            "steps": int(steps),
            "adjoint": name,
            "gradient over forward": row["gradient_over_forward"]["min"],
            "memory (MB)": round(row["gradient_bytes"] / 1e6),
        }
        for steps, group in load("gradient")["results"].items()
        for name, row in group.items()
    ]
    steps = [
        {
            "particles": row["particles"],
            "step (ms)": 1e3 * row["step"]["min"],
            "search in it (ms)": 1e3 * row["search"]["min"],
        }
        for row in load("step")["results"]
    ]
    messages = [
        {
            "message passing": name,
            "ours (s)": row["ours"]["min"],
            "plain `jraph` (s)": row["plain"]["min"],
            "times faster": row["times_faster"]["min"],
        }
        for name, row in load("message_passing")["results"].items()
        if "times_faster" in row
    ]
    parts = (
        ("`python -m benchmarks.studies.inner_loop`", loops, "inner_loop"),
        ("`python -m benchmarks.speed.gradient`", adjoints, "gradient"),
        ("`python -m benchmarks.speed.step`", steps, "step"),
        ("`python -m benchmarks.speed.message_passing`", messages, "message_passing"),
    )
    said = "The least of interleaved repeats, compilation left out."
    blocks = (
        block for how, rows, name in parts for block in (f"{how}:", table(rows), source(name))
    )
    return section("Times", said, *blocks)


def meshes() -> str:
    """Moving meshes with and without edges of the world."""
    found = load("mesh_transient")["results"]
    rows = [
        {
            "simulator": name,
            **{f"off after {n} frames (m)": row["position_rmse_at"][str(n)] for n in (10, 30, 100)},
            "seconds of training": round(row["seconds_of_training"]),
        }
        for name, row in found.items()
        if "position_rmse_at" in row
    ]
    command = "`python -m benchmarks.studies.mesh_transient`"
    said = f"Root mean square over free nodes and scenes: {command}."
    return section("Moving meshes", said, table(rows), source("mesh_transient"))


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
            "numbers": len(run["latent"]),
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
    stored = (sorted(RESULTS.glob(f"{name}-*.json")) for name in ("courses", "landscapes"))
    first, second = ([source(path.stem) for path in paths] for paths in stored)
    return section("Watercourses", said, table(rows), *first, equal, table(rivals), *second)


def _search(run: Mapping[str, Any]) -> str:
    """How a landscape was searched for."""
    if run["start"] == "flat":
        return ""
    if "optimizer" in run:
        return f"`{run['optimizer']}`, {run['iterations']} iterations"
    return f"{run['gradients']} gradients" + (", the rate falls" if run.get("decay") else "")


SECTIONS: Sequence[Callable[[], str]] = (
    all_optimizers,
    transfer,
    tuning,
    water_models,
    foil_designs,
    foil_rivals,
    foil_grids,
    flow_model,
    meshes,
    watercourses,
    norms,
    times,
)


def page() -> str:
    """The whole page."""
    return "\n\n".join([_HEAD, *(write() for write in SECTIONS)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
