"""`invdesign data NAME`: the trajectories a model learns from."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from ..io import unknown_name
from ..training import generate_water, random_water
from ._errors import plain_errors
from ._output import AsJson, report, stderr, table

DATA_SETS = {"water2d": generate_water}


def generate(
    name: str, *, num_trajectories: int, seed: int, out: Path, clutter: float = 0.0
) -> Path:
    """Make a data set, or what is missing of it, with a bar on stderr.

    **Raises:** `ValueError` for an unknown name, and as the data set's own function.
    """
    if name not in DATA_SETS:
        raise ValueError(unknown_name("data set", name, DATA_SETS))
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        line = bar.add_task(f"{name}: trajectories", total=num_trajectories)

        def show(done: int, total: int) -> None:
            bar.update(line, completed=done, total=total)
            if not stderr.is_terminal and (done % 50 == 0 or done == total):
                stderr.print(f"{done} of {total} trajectories")

        return DATA_SETS[name](
            out,
            num_trajectories=num_trajectories,
            seed=seed,
            water=random_water(clutter),
            progress=show,
        )


@plain_errors
def data(
    name: Annotated[str, typer.Argument(help="Which data set: water2d.")] = "water2d",
    trajectories: Annotated[int, typer.Option(help="How many.")] = 800,
    seed: Annotated[int, typer.Option(min=0, help="Of the random scenes.")] = 0,
    clutter: Annotated[
        float, typer.Option(min=0, max=1, help="Share of scenes strewn with short pieces.")
    ] = 0.0,
    out: Annotated[Path | None, typer.Option(help="data/<name> by default.")] = None,
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
