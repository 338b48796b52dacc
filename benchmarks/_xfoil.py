"""XFOIL on a section: a program beside which our numbers stand, where it is installed."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from invdesign.io._atomic import write_bytes

TRIP = 0.01  # of the chord, where the layers of both sides are forced to be turbulent
PRELOAD = (
    "--xfoil-preload",
    {"default": "", "help": "a shared object to load before XFOIL"},
)
_COMMANDS = """PLOP
G F

LOAD section.dat
PANE
OPER
VISC {reynolds:.1f}
VPAR
N 9
XTR {upper} {lower}

ITER 200
PACC
polar.txt

{wanted}

QUIT
"""


def xfoil(
    points: np.ndarray,
    wanted: str,
    *,
    reynolds: float,
    preload: str = "",
    upper: float = TRIP,
    lower: float = TRIP,
) -> np.ndarray:
    """Rows of angle in degrees, lift and drag, `(row, 3)`; none where XFOIL has no answer.

    Debian's XFOIL dies of a floating-point trap; a `preload` that defines `_gfortran_set_fpe` as a
    function that does nothing keeps it alive.

    **Arguments:** `points`: the section in Selig's order, `(point, 2)`; `wanted`: what is asked of
    it, `ASEQ 0 5 1` or `CL 0.5`; `upper`, `lower`: where the sides are tripped.
    """
    program = shutil.which("xfoil")
    if program is None:
        return np.zeros((0, 3))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lines = ["section", *("{:.6f} {:.6f}".format(*point) for point in points)]
        write_bytes(folder / "section.dat", ("\n".join(lines) + "\n").encode())
        commands = _COMMANDS.format(reynolds=reynolds, wanted=wanted, upper=upper, lower=lower)
        subprocess.run(
            [program],
            input=commands,
            cwd=folder,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
            env={**os.environ, **({"LD_PRELOAD": str(Path(preload).resolve())} if preload else {})},
        )
        polar = folder / "polar.txt"
        rows = np.loadtxt(polar, skiprows=12, ndmin=2) if polar.exists() else np.zeros((0, 9))
    return rows[:, :3]
