"""What few smooth shapes reach on the water tasks."""

from ._parts import load, section, source, table


def modes() -> str:
    """A row a task and number of shapes."""
    runs = load("modes")["results"]["runs"]
    rows, fitting = [], not all(run["cutting"] for run in runs)
    for task, number in dict.fromkeys((run["task"], run["modes"]) for run in runs):
        mine = [run for run in runs if (run["task"], run["modes"]) == (task, number)]
        best = {cut: [r["score"] for r in mine if r["cutting"] is cut] for cut in (True, False)}
        rows.append(
            {
                "task": f"`{task}`",
                "shapes": number,
                "score, whatever it cuts through": _best(best[True]),
                **({"score of one that fits": _best(best[False])} if fitting else {}),
            }
        )
    evaluations = runs[0]["evaluations"]
    said = "; those that have to fit are ranked by what they miss and not repaired" * fitting
    return section(
        "How far a few numbers go",
        "CMA-ES in the solver over the amplitudes of the widest smooth shapes, "
        f"{evaluations} evaluations" + said + ": `python -m benchmarks.studies.modes`.",
        table(rows),
        source("modes"),
    )


def _best(scores: list[float]) -> str:
    return f"{max(scores):.2f}" if scores else ""
