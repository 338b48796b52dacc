"""`invdesign import`: data and weights that others have made."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .._options import read_options
from ..families import families
from ..families._registry import family_named
from ..io._foreign import open_particles
from ..simulators.particle._foreign import SUFFIX, save_network
from ._errors import plain_errors
from ._extra import class_of, extra_options, takes_extra
from ._options import MOST, as_folder, as_path, as_text
from ._output import AsJson, report, table
from .data import simulations

imports = typer.Typer(
    name="import",
    help="Take data and weights that others have made.",
    no_args_is_help=True,
    add_completion=False,
)


@takes_extra
@plain_errors
def data(
    extra: tuple[str, ...],
    path: Annotated[
        Path,
        typer.Argument(
            parser=as_path,
            metavar="PATH",
            help="A folder with metadata.json and train.tfrecord (learning-to-simulate), train.h5 "
            "(LagrangeBench) or train.npz (geoelements).",
        ),
    ],
    out: Annotated[
        Path, typer.Option(parser=as_folder, metavar="PATH", help="A new folder for the data set.")
    ],
    split: Annotated[
        str, typer.Option(parser=as_text, metavar="TEXT", help="Which file: train, valid or test.")
    ] = "train",
    trajectories: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = 1000,
    family: Annotated[
        str | None,
        typer.Option(
            parser=as_text, metavar="TEXT", help="For whose models, if several take such."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a data set that `invdesign train CONFIG --data` takes of trajectories of particles."""
    importer = _importer(family)
    options = read_options(importer, extra_options(extra), "the import of data")
    made, opened = importer(**options), open_particles(path, split)
    with simulations(opened.layout) as progress:
        found = made.write(opened, out, most=trajectories, progress=progress)
    payload: dict[str, Any] = {"layout": opened.layout, **found.numbers, "out": str(out)}
    report(payload, table(list(payload), [list(payload.values())]), as_json=as_json)


def _importer(name: str | None) -> Any:
    """What takes data of others: of a family, or of the only one that does."""
    able = {each.name: each.importer for each in families().values() if each.importer is not None}
    if name is not None:
        family = family_named(name)
        if family.importer is None:
            raise ValueError(
                f"Models of {family.subject} take no data of others; those of {', '.join(able)} do."
            )
        return family.importer
    if len(able) != 1:
        raise ValueError(f"Name one of {', '.join(able)} by `--family`.")
    return next(iter(able.values()))


@plain_errors
def weights(
    path: Annotated[
        Path,
        typer.Argument(
            parser=as_path,
            metavar="PATH",
            help="A checkpoint folder of LagrangeBench, or a .pickle or .npz with Haiku's tree.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(parser=as_path, metavar="PATH", help="A new .safetensors file.")
    ],
    as_json: AsJson = False,
) -> None:
    """Check a foreign particle network name by name, and write it as safetensors."""
    if out.suffix != SUFFIX or out.exists():
        raise ValueError(f"`--out` has to name a new {SUFFIX} file, got `{out}`.")
    payload = {**save_network(path, out), "out": str(out)}
    report(payload, table(list(payload), [list(payload.values())]), as_json=as_json)


for _command in (data, weights):
    imports.command(cls=class_of(_command))(_command)
