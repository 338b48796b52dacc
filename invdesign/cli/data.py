"""`invdesign data NAME`: the simulations a model learns from."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from .._options import read_options
from ..families import AbstractSource
from ..families._registry import find_source
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._options import MOST, SeedOption, as_folder, as_text
from ._output import AsJson, report, stderr, table

Report = Callable[[int, int], None]


@contextmanager
def simulations(name: str) -> Iterator[Report]:
    """A bar on stderr, or a line every now and then where that is no terminal."""
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        line = bar.add_task(f"{name}: simulations", total=None)
        said = []

        def show(done: int, total: int) -> None:
            bar.update(line, completed=done, total=total)
            if not stderr.is_terminal and (done % 50 == 0 or done == total) and done not in said:
                said.append(done)
                stderr.print(f"{done} of {total} simulations")

        yield show


def generate(source: AbstractSource, name: str, out: Path, *, number: int, seed: int) -> Path:
    """Make a data set, or what is missing of it, with a bar on stderr."""
    with simulations(name) as progress:
        return source.generate(out, number=number, seed=seed, progress=progress)


@takes_extra
@plain_errors
def data(
    extra: tuple[str, ...],
    name: Annotated[
        str, typer.Argument(parser=as_text, metavar="NAME", help="Which data, such as `water`.")
    ],
    trajectories: Annotated[
        int,
        typer.Option("--trajectories", "--cases", min=1, max=MOST, help="How many simulations."),
    ] = 800,
    seed: SeedOption = 0,
    out: Annotated[
        Path | None, typer.Option(parser=as_folder, metavar="PATH", help="data/<name> by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate random scenes with the reference solver; naming the folder again goes on."""
    source = find_source(name)
    options = read_options(source, extra_options(extra), f"the data `{name}`")
    made = source(**options)
    folder = out or Path("data") / name
    try:
        generate(made, name, folder, number=trajectories, seed=seed)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    files = sorted(folder.iterdir())
    size = sum(path.stat().st_size for path in files)
    payload: dict[str, Any] = {
        "name": name,
        "trajectories": trajectories,
        "seed": seed,
        **dataclasses.asdict(made),
        "files": len(files),
        "bytes": size,
        "out": str(folder),
    }
    report(payload, table(list(payload), [list(payload.values())]), as_json=as_json)
