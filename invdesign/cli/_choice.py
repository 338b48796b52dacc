"""The options with which commands choose a simulator and an optimizer."""

import enum
from typing import Annotated, Literal

import typer

from ..studies._config import MOST_RESOLUTION
from ..studies._resolve import Resolved
from ._options import as_model, number
from ._output import remark


class Kind(enum.StrEnum):
    """What a command simulates with."""

    LEARNED = "learned"
    REFERENCE = "reference"


SimulatorOption = Annotated[
    Kind | None,
    typer.Option(
        "--simulator",
        help="Descend through the learned model or the solver; by default the model, if the task's "
        "family has one that is as good.",
    ),
]


def typed_kind(kind: Kind | None) -> Literal["learned", "reference"] | None:
    """The option as a configuration has it."""
    return None if kind is None else kind.value


def settled_kind(kind: Kind | None, resolved: Resolved) -> Kind:
    """What a command simulates with; a choice that nobody typed and that may surprise is said."""
    settled = Kind(resolved.config.simulator)
    if kind is None and settled is Kind.REFERENCE:
        subject, model = resolved.family.subject, resolved.family.models.default
        said = f"There is no learned model of {subject} yet; the search goes"
        if model is not None:
            said = f"Searches of {subject} go, unless `--model {model}` is given,"
        remark([f"{said} through the reference solver."])
    return settled


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
ResolutionOption = Annotated[
    int,
    typer.Option(
        "--resolution",
        min=1,
        max=MOST_RESOLUTION,
        help="Descend through the solver at so many times its resolution, which takes far longer "
        "and gains nothing that is the usual cells'. The usual solver still scores.",
    ),
]
ErrorsOption = Annotated[
    float,
    typer.Option(
        "--errors",
        callback=number(least=0, most=1e6),
        help="Search designs that stand normal errors of this standard deviation in all their "
        "parameters, in their own units (rad for angles, m for lengths): twice as many scenes an "
        "evaluation. Scored with such errors, too. 0 for exact designs.",
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
