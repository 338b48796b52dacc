"""When the default rule ends a run, and what is lost."""

from ._parts import load, section, source, table


def plateau() -> str:
    """Whole runs from ten starts, and where the default patience would have ended them."""
    found = load("plateau")["results"]
    rows = [
        {
            "task": f"`{row['task']}`",
            "optimizer": f"`{row['optimizer']}`",
            "patience": row["patience"],
            "starts": row["starts"],
            "kept": row["kept"],
            "share of the iterations made": f"{row['share of the iterations']:.2f}",
        }
        for row in found["summary"]
        if row["patience"] in (10, 15, found["patience"])
    ]
    never = ", ".join(f"`{name}` ({number})" for name, number in sorted(found["never"].items()))
    said = (
        "Whole runs of the default command, and how many would have kept their champion, or a "
        "score within 0.005 of its own (lift over drag: within 0.005 of itself), had they ended "
        f"after so many iterations without progress; {found['patience']} is the default of "
        "`--patience`. `python -m benchmarks.studies.plateau`:"
    )
    short = (
        f"Budgets of these are at an end before that patience can be, after the iterations in "
        f"brackets, so that nothing is lost by the rule: {never}."
    )
    return section("Runs that end early", said, table(rows), short, source("plateau"))
