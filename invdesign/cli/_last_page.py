"""The page that a command leaves at its end."""

from pathlib import Path

from ..studies._report import FILE, report
from ._output import remark


def last_page(folder: Path, *, since: str | None = None) -> str | None:
    """Write the report of what has just been made; a note where that is not possible.

    **Arguments:** `since`: a file of the folder; a page that is newer stays as it is.

    **Returns:** its path, `None` without one.
    """
    path = folder / FILE
    if since is not None and _is_newer(path, folder / since):
        return str(path)
    try:
        return str(report(folder))
    except Exception as error:  # no page is worth a result
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        remark([f"there is no report: {reason}"])
        return None


def _is_newer(path: Path, other: Path) -> bool:
    if not (path.is_file() and other.is_file()):
        return False
    return path.stat().st_mtime_ns >= other.stat().st_mtime_ns
