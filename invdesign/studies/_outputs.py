"""What a run leaves for the eye, as its family shows it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._judged import Judged
from .._simulator import AbstractSimulator
from ..families import Family
from ..families._registry import families, family_named
from ..io._run_directory import RunDirectory
from ..viz.exhibit import Exhibit
from ._known import showing
from ._result import is_finished, read_result


def write_outputs(
    run: RunDirectory, judged: Judged, simulator: AbstractSimulator, reference: Any
) -> list[str]:
    """Write what the pictures are drawn from, for tasks that have any; notes on it.

    What failed, and what else than scores the files say.

    **Arguments:** `simulator`: that was descended through; `reference`: the solver that verified,
    or `None`.
    """
    with _noted("what the pictures are drawn from could not be made") as notes:
        shows = showing(judged.task)
        if not shows.write(run, judged, simulator, reference):
            notes.append("such a design has no picture")
        notes += shows.remarks(run)
    return notes


def drawn(run: RunDirectory) -> list[str]:
    """Draw the pictures of a run; notes on what failed, for no picture is worth a result."""
    with _noted("the pictures could not be drawn") as notes:
        draw_outputs(run)
    return notes


@contextlib.contextmanager
def _noted(what: str) -> Iterator[list[str]]:
    """Turns what fails into a note, but for writing, which the next attempt may do."""
    notes: list[str] = []
    try:
        yield notes
    except Exception as error:
        if isinstance(error, OSError) or isinstance(error.__cause__, OSError):
            raise
        reason = (str(error).strip() or "no message").splitlines()[0]
        notes.append(f"{what} ({type(error).__name__}: {reason})")


def draw_outputs(run: RunDirectory) -> list[Path]:
    """Draw `figure.png` and `animation.gif` of a run from its files, if it has any to draw."""
    if is_finished(run):
        read_result(run)  # the titles' numbers are from there
    return [path for family in _families(run) for path in family.showing.draw(run)]


def failures(run: RunDirectory) -> list[str]:
    """Sentences on the simulations that a run's picture shows up to where they failed."""
    return [note for family in _families(run) for note in family.showing.failures(run)]


def exhibits(run: RunDirectory) -> list[Exhibit]:
    """What a report shows of a run, from its files; nothing of a family that is not installed."""
    found = _families(run) if is_known(run) else []
    return [family.showing.exhibit(run) for family in found]


def is_known(run: RunDirectory) -> bool:
    """Whether the family of a run is installed."""
    name = run.configuration.get("family")
    known = {n for family in families().values() for n in (family.name, *family.aliases)}
    return not isinstance(name, str) or name in known


def _families(run: RunDirectory) -> list[Family]:
    """The family of a run; of one of 0.2 and before, which names none, all that find files."""
    name = run.configuration.get("family")
    if isinstance(name, str):
        return [family_named(name)]
    return [each for each in families().values() if _has_files(run, each)]


def _has_files(run: RunDirectory, family: Family) -> bool:
    return any((run / name).exists() for name in family.showing.files)
