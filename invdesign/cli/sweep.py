"""`invdesign sweep FILE.toml`: many runs, whatever becomes of any of them."""

import enum
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..studies import InProcess, LocalWorkers, RayWorkers, StudyStatus, read_study
from ..studies._sweep import sweep as sweep_runs
from ..studies._sweep._executors import AbstractExecutor
from ..studies._sweep._forecast import Forecast, forecast
from ._duration import duration
from ._errors import plain_errors
from ._last_page import last_page
from ._options import MOST, as_folder, as_path, as_text, number as number_option
from ._output import AsJson, remark, report, table
from ._sweep_progress import SweepProgress
from .status import payload_of, status_table

FAILED = 1
_MOST_SHOWN = 2_000  # runs; of more, `invdesign report` makes the page when it is wanted


class Only(enum.StrEnum):
    """Which runs to make."""

    FAILED = "failed"


@plain_errors
def sweep(
    file: Annotated[Path, typer.Argument(parser=as_path, metavar="FILE.toml", help="The study.")],
    out: Annotated[
        Path | None,
        typer.Option(parser=as_folder, metavar="PATH", help="runs/<name of the file> by default."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1_000, help="Processes that make runs side by side; 1 by default."),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Cores of each; by default all, shared out."),
    ] = None,
    programs: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, help="Compiled programs after which a worker is replaced."),
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option(
            callback=number_option(above=0, most=1),
            help="Share of the memory that all workers together may hold; 0.8 by default.",
        ),
    ] = None,
    in_process: Annotated[
        bool,
        typer.Option(
            "--in-process", help="For debugging: no workers, so that a crash ends the sweep."
        ),
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            parser=as_text,
            metavar="ADDRESS",
            help="Make the runs on a Ray cluster: HOST:PORT, `auto` for the one that this machine "
            "is part of, or `local`.",
        ),
    ] = None,
    devices: Annotated[
        float | None,
        typer.Option(
            callback=number_option(least=0, most=64),
            help="With `--ray`: accelerators of each run; 0 by default, 0.5 shares one.",
        ),
    ] = None,
    only: Annotated[
        Only | None, typer.Option(help="Make the runs that have failed again, and no others.")
    ] = None,
    aside: Annotated[
        bool,
        typer.Option(
            "--aside", help="Move runs that the study makes otherwise now to NAME~1, and make them."
        ),
    ] = False,
    pictures: Annotated[
        bool,
        typer.Option(help="Draw every run; `invdesign figures` draws one of them later."),
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many runs there are to make.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make every run of a study: tasks, optimizers, models, seeds, and whatever else it varies.

    Calling it again goes on: finished runs are skipped, interrupted ones resumed. A run that fails
    stops nothing and leaves its reason; the exit code is 1 then.
    """
    study = read_study(file)
    folder = out or Path("runs") / file.stem
    given = {"workers": workers, "threads": threads, "programs": programs, "memory": memory}
    given |= {"devices": devices}
    executor = _executor(given, ray=ray, in_process=in_process)
    if dry_run:
        _tell(forecast(study, folder, at_once=workers or 1, only=only), as_json=as_json)
        return
    try:
        with SweepProgress() as progress:
            found = sweep_runs(
                study,
                folder,
                executor=executor,
                only=only,
                aside=aside,
                pictures=pictures,
                look=progress.look,
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    page = last_page(folder) if len(found.runs) <= _MOST_SHOWN else None
    report({**payload_of(found), "report": page}, status_table(found), as_json=as_json)
    if page is not None:
        remark([f"the report is {page}"])
    _conclude(found, file)


def _executor(
    given: Mapping[str, Any], *, ray: str | None, in_process: bool
) -> AbstractExecutor | None:
    chosen = {name: value for name, value in given.items() if value is not None}
    if in_process:
        if chosen or ray is not None:
            name = next(iter(chosen), "ray")
            raise ValueError(
                f"`--{name}` is about workers, of which `--in-process` has none; leave one out."
            )
        remark(["in this process only exceptions are isolated: a crash ends the sweep"])
        return InProcess()
    if ray is not None:
        return RayWorkers(ray, **chosen)
    if "devices" in chosen:
        raise ValueError("`--devices` is about machines of a cluster; give its address to `--ray`.")
    return LocalWorkers(**chosen) if chosen else None


def _tell(found: Forecast, *, as_json: bool) -> None:
    """Print what a sweep would make."""
    time = "unknown" if found.seconds is None else duration(found.seconds)
    rows = [
        ["runs", found.total],
        ["to make", len(found.names)],
        *[["", name] for name in found.names[:20]],
        *[["", f"and {len(found.names) - 20} more"]] * (len(found.names) > 20),
        ["estimated time", time + " (nothing has been measured yet)" * (found.seconds is None)],
        *[["changed", f"{name}: {'; '.join(what)}"] for name, what in found.changed.items()],
        *[["not in the study any more", name] for name in found.left],
    ]
    payload = {
        "runs": found.total,
        "to_make": found.names,
        "seconds": found.seconds,
        "changed": found.changed,
        "left": found.left,
    }
    report(payload, table(["", ""], [[str(cell) for cell in row] for row in rows]), as_json=as_json)


def _conclude(found: StudyStatus, file: Path) -> None:
    """Name what failed, each reason once, and how to make it again."""
    if not found.failed:
        return
    reasons = Counter(found.failed.values())
    for reason, number in reasons.most_common():
        names = [name for name, said in found.failed.items() if said == reason]
        more = f" and {number - 1} more" if number > 1 else ""
        remark([f"{names[0]}{more} failed: {reason}"])
    again = f"invdesign sweep {file} --out {found.out} --only failed"
    remark([f"once the cause is mended, `{again}` makes them again"])
    raise typer.Exit(FAILED)
