"""The options with which commands choose a simulator and an optimizer."""

import enum
from typing import Annotated

import typer

from ._options import as_model, number


class Kind(enum.StrEnum):
    """What a command simulates with."""

    LEARNED = "learned"
    REFERENCE = "reference"


SimulatorOption = Annotated[
    Kind, typer.Option("--simulator", help="Descend through the learned model or the solver.")
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        parser=as_model,
        metavar="TEXT",
        help="A pretrained model's name, or a .safetensors file; several, separated by commas, are "
        "an ensemble whose disagreement is a penalty. By default the one of the task's family.",
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--learning-rate",
        callback=number(least=1e-9, most=10),
        help="Step of gradient methods, in the unit of the design: rad for angles, chords for "
        "sections; by default what suits the task's designs. 10 at most.",
    ),
]
