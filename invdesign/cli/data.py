"""`invdesign data NAME`: the simulations a model learns from."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from ..io import unknown_name
from ..training import (
    NacaFoils,
    RandomFoils,
    generate_elastic,
    generate_foils,
    generate_water,
    random_water,
)
from ._errors import plain_errors
from ._options import MOST, SeedOption, as_folder, number
from ._output import AsJson, report, stderr, table

Report = Callable[[int, int], None]


def _water(out: Path, number: int, seed: int, clutter: float, report: Report) -> Path:
    water = random_water(clutter)
    return generate_water(out, num_trajectories=number, seed=seed, water=water, progress=report)


def _elastic(out: Path, number: int, seed: int, clutter: float, report: Report) -> Path:
    if clutter:
        raise ValueError("`--clutter` is for scenes of water; elastic strips meet a disk.")
    return generate_elastic(out, num_trajectories=number, seed=seed, progress=report)


def _foils(foils: RandomFoils | NacaFoils) -> Callable[..., Path]:
    def make(out: Path, number: int, seed: int, clutter: float, report: Report) -> Path:
        if clutter:
            raise ValueError("`--clutter` is for scenes of water; sections have none.")
        return generate_foils(out, num_cases=number, seed=seed, foils=foils, progress=report)

    return make


DATA_SETS: Mapping[str, Callable[..., Path]] = {
    "water2d": _water,
    "airfoil": _foils(RandomFoils()),
    "airfoil-naca": _foils(NacaFoils()),
    "elastic": _elastic,
}


def generate(
    name: str, *, num_trajectories: int, seed: int, out: Path, clutter: float = 0.0
) -> Path:
    """Make a data set, or what is missing of it, with a bar on stderr.

    **Raises:** `ValueError` for an unknown name, and as the data set's own function.
    """
    if name not in DATA_SETS:
        raise ValueError(unknown_name("data set", name, DATA_SETS))
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        line = bar.add_task(f"{name}: simulations", total=num_trajectories)

        def show(done: int, total: int) -> None:
            bar.update(line, completed=done, total=total)
            if not stderr.is_terminal and (done % 50 == 0 or done == total):
                stderr.print(f"{done} of {total} simulations")

        return DATA_SETS[name](out, num_trajectories, seed, clutter, show)


@plain_errors
def data(
    name: Annotated[
        str, typer.Argument(help="Which data set: water2d, airfoil, airfoil-naca or elastic.")
    ] = "water2d",
    trajectories: Annotated[
        int,
        typer.Option("--trajectories", "--cases", min=1, max=MOST, help="How many simulations."),
    ] = 800,
    seed: SeedOption = 0,
    clutter: Annotated[
        float,
        typer.Option(
            callback=number(least=0, most=1), help="Share of scenes strewn with short pieces."
        ),
    ] = 0.0,
    out: Annotated[
        Path | None, typer.Option(parser=as_folder, metavar="PATH", help="data/<name> by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate random scenes with the reference solver; naming the folder again goes on."""
    folder = out or Path("data") / name
    try:
        generate(name, num_trajectories=trajectories, seed=seed, out=folder, clutter=clutter)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    files = sorted(folder.iterdir())
    size = sum(path.stat().st_size for path in files)
    payload = {
        "name": name,
        "trajectories": trajectories,
        "seed": seed,
        "clutter": clutter,
        "files": len(files),
        "bytes": size,
        "out": str(folder),
    }
    report(payload, table(list(payload), [list(payload.values())]), as_json=as_json)
