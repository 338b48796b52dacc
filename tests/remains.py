"""What a run leaves in its directory, for tests that compare two of them."""

from invdesign.io import read_design, read_history
from invdesign.io._npz import read_npz
from invdesign.io._sealed import read_sealed

# What depends on a clock.
_CLOCKS = ("seconds", "seconds_by_phase", "compiling_by_phase", "files", "checksum")


def left(out):
    """History, result, parameters and arrays, without what a clock has written."""
    # As text: a gradient that there is none of is NaN, which equals nothing.
    history = repr([{**row, "seconds": 0} for row in read_history(out / "history.csv")])
    result = read_sealed(out / "verification.json")
    result = {key: value for key, value in result.items() if key not in _CLOCKS}
    arrays = {name: read_npz(out / name) for name in ("champions.npz", "trajectory.npz")}
    flat = {f"{file}:{key}": a for file, many in arrays.items() for key, a in many.items()}
    return history, result, read_design(out / "design.json").parameters.tolist(), flat
