"""`invdesign evaluate MODEL`: how good a learned simulator is, with a model card."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from .._options import read_options
from ..families import AbstractJudge, Candidate, Report
from ..families._registry import family_of_header
from ..io._reading import read_text
from ..io._weights import read_hyperparameters
from ..studies._registry import load_task
from ..studies._resolve import load_simulator
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._options import MOST_SEED, as_folder, as_model, as_path
from ._output import AsJson, remark, report, stderr, table


@contextmanager
def _watch(name: str) -> Iterator[Any]:
    """A bar a phase, on a terminal."""
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as bar:

        def phase(what: str) -> Any:
            line = bar.add_task(f"{name}: {what}", total=None)
            return lambda done, total: bar.update(line, completed=done, total=total)

        yield phase


def judged(judge: AbstractJudge, candidate: Candidate) -> Report:
    """What a judge finds of a model."""
    return judge.report(candidate)


@takes_extra
@plain_errors
def evaluate(
    extra: tuple[str, ...],
    model: Annotated[
        str,
        typer.Argument(
            parser=as_model, metavar="MODEL", help="A pretrained name, or a .safetensors file."
        ),
    ],
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=MOST_SEED, help="Of what it is judged by; the family's by default."
        ),
    ] = None,
    notes: Annotated[
        Path | None,
        typer.Option(parser=as_path, metavar="PATH", help="A Markdown file for the card's end."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder,
            metavar="PATH",
            help="Folder of the card; evaluations/<model>-<seed> by default.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a model with the reference solver on what it never saw.

    What can be chosen of the comparison is the family's: `--scenes`, `--designs` and `--steps` of
    water, `--cases`, `--data`, `--naca-data` and `--training-data` of sections.
    """
    simulator, path = load_simulator(model)
    remarks = read_text(notes) if notes else ""
    family = family_of_header(read_hyperparameters(path))
    if family.judge is None:
        raise ValueError(f"`{model}` is a model of {family.subject}, which have no card yet.")
    given = extra_options(extra)
    options = read_options(family.judge, given, f"the report on models of {family.subject}")
    judge = family.judge(**options, **({} if seed is None else {"seed": seed}))
    folder = out or Path("evaluations") / f"{path.stem}-{judge.seed}"
    with _watch(path.stem) as watch:
        candidate = Candidate(simulator, path, folder, remarks, load_task, watch)
        found = judged(judge, candidate)
    remark(found.notes)
    shown = table(found.columns, found.rows)
    shown.caption = found.caption
    numbers = {"model": model, "seed": judge.seed, **found.numbers, "notes": list(found.notes)}
    report({**numbers, "out": str(folder)}, shown, as_json=as_json)
