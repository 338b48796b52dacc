"""`docs/results.md` from `benchmarks/results/*.json` and `pretrained/*/metrics.json`.

    python -m benchmarks.results_page

A section a file, in the order of `SECTIONS`. No number on that page is typed by hand; a test says
whether it is up to date.
"""

from collections.abc import Callable, Sequence

from ._champions import champions
from ._flow_models import flow_model
from ._foil_designs import foil_designs
from ._foil_grids import foil_grids
from ._foil_rivals import foil_rivals
from ._gradients import norms
from ._meshes import meshes
from ._modes import modes
from ._optimizers import all_optimizers
from ._parts import ROOT
from ._plateau import plateau
from ._times import times
from ._transfer import transfer
from ._tuning import tuning
from ._water_models import water_models
from ._watercourses import watercourses

PAGE = ROOT / "docs" / "results.md"
_HEAD = """\
# Results

Written by `python -m benchmarks.results_page` from the files in `benchmarks/results/` and
`pretrained/*/metrics.json`; [Benchmarks](benchmarks.md) says how they were measured. Below each
table stand the machine, its load when the script started, the versions and, where they are stored,
the first digits of the digests of task and weights. What a single command such as
`invdesign run contain` prints stands in the card of the task (`tasks/*/README.md`).

Scores are means over conditions that nobody optimized on; higher is better. "0.92 (0.90 to 0.94)"
is a median over starts with its range. A gradient is charged as four to five rollouts.

Up to commit 5197ed2 `contain`, `ramp` and `maze` were other, easier tasks: one angle common to all
joints or blades solved the first and the last. What was measured on them stays here, marked "first
version". `git checkout 5197ed2` brings these tasks, their cards and their best designs back, and
the commands below measure them again."""
SECTIONS: Sequence[Callable[[], str]] = (
    all_optimizers,
    champions,
    modes,
    transfer,
    tuning,
    water_models,
    foil_designs,
    foil_rivals,
    foil_grids,
    flow_model,
    meshes,
    watercourses,
    norms,
    plateau,
    times,
)


def page() -> str:
    """The whole page."""
    return "\n\n".join([_HEAD, *(write() for write in SECTIONS)]) + "\n"
