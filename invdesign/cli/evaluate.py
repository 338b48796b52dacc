"""`invdesign evaluate MODEL`: how good a learned simulator is, with a model card."""

from pathlib import Path
from typing import Annotated

import typer

from ..io import read_text
from ..simulators import ElasticSimulator, FoilSimulator
from ._errors import plain_errors
from ._evaluate_foils import evaluate_sections, holds_cases
from ._evaluate_water import evaluate_water
from ._options import MOST, MOST_SEED, as_folder, as_model, as_path
from ._output import AsJson, report
from ._simulators import load_simulator


def _only_for(family: str, **options: object) -> None:
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
    if given:
        raise ValueError(f"`{given[0]}` is for models of {family}; leave it out.")


@plain_errors
def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            parser=as_model, metavar="MODEL", help="A pretrained name, or a .safetensors file."
        ),
    ],
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=MOST_SEED, help="Of what it is judged by; 0 for water, 1 for sections."
        ),
    ] = None,
    scenes: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Water: how many held-out scenes; 30.")
    ] = None,
    designs: Annotated[
        int | None,
        typer.Option(
            min=0, max=10_000, help="Water: how many random designs of each task; 10, 0 for none."
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=20, max=10_000, help="Water: the horizon in frames; 100.")
    ] = None,
    cases: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST, help="Sections: how many held-out cases; 96, half as many NACA's."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder,
            metavar="PATH",
            help="Sections: held-out cases, solved if absent; a folder of data/.",
        ),
    ] = None,
    naca_data: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder, metavar="PATH", help="Sections: as --data, of NACA sections."
        ),
    ] = None,
    training_data: Annotated[
        Path | None,
        typer.Option(
            parser=as_folder,
            metavar="PATH",
            help="Sections: what it was trained on, for fits to stand beside it.",
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
    """Compare a model with the reference solver on what it never saw."""
    simulator, path = load_simulator(model)
    remarks = read_text(notes) if notes else ""
    if isinstance(simulator, ElasticSimulator):
        raise ValueError(
            f"`{model}` is a model of elastic bodies, which have no card yet: its training judges "
            "it, in `metrics.csv`."
        )
    of_sections = isinstance(simulator, FoilSimulator)
    seed = int(of_sections) if seed is None else seed  # the shipped training on sections has 0
    folder = out or Path("evaluations") / f"{path.stem}-{seed}"
    if isinstance(simulator, FoilSimulator):
        _only_for("water", scenes=scenes, designs=designs, steps=steps)
        if cases is not None and holds_cases(data) and holds_cases(naca_data):
            raise ValueError(
                f"`--cases {cases}` has no effect: `{data}` and `{naca_data}` hold theirs already."
            )
        payload, shown = evaluate_sections(
            simulator,
            path,
            folder,
            seed=seed,
            cases=96 if cases is None else cases,
            data=data,
            naca_data=naca_data,
            training_data=training_data,
            notes=remarks,
        )
    else:
        _only_for(
            "sections", cases=cases, data=data, naca_data=naca_data, training_data=training_data
        )
        payload, shown = evaluate_water(
            simulator,
            path,
            folder,
            seed=seed,
            scenes=30 if scenes is None else scenes,
            designs=10 if designs is None else designs,
            steps=100 if steps is None else steps,
            notes=remarks,
        )
    payload = {"model": model, "seed": seed, **payload, "out": str(folder)}
    report(payload, shown, as_json=as_json)
