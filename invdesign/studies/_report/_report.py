"""The report of a folder: of a run, or of the study that a sweep made."""

from pathlib import Path

from ...io._atomic import write_text
from ...io._run_directory import read_run_directory
from .._sweep import is_sweep
from ._page import check_extra, rendered
from ._run_page import run_page
from ._study_page import finished_runs, study_page

FILE = "report.html"


def report(folder: str | Path, *, runs: bool = False) -> Path:
    """Write `report.html` into the folder of a run or of a sweep, from the files there alone.

    One file that needs nothing else and asks nothing of the network: replays of the simulations,
    curves, tables, settings, versions. Needs `pip install 'invdesign[report]'`.

    **Arguments:** `runs`: whether every finished run of a sweep gets a page, too, to which that of
    the sweep then leads; each has about 1.4 MB.

    **Returns:** its path.

    **Raises:** `ValueError` if the folder is neither, or `runs` is given for a run; naming the file
    that is missing or damaged; or saying how to get the library that is missing.
    """
    folder = Path(folder)
    check_extra()
    if is_sweep(str(folder)):
        for name in finished_runs(folder) if runs else ():
            report(folder / name)
        page = study_page(folder)
    else:
        if runs:
            raise ValueError(f"`{folder}` is no sweep, of which `runs` is about; leave it out.")
        page = run_page(read_run_directory(folder))
    return write_text(folder / FILE, rendered(page))
