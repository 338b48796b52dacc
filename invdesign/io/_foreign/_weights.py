"""Files of foreign weights."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from .._npz import read_npz
from .._reading import check_regular
from ._haiku import ForeignNetwork, foreign_network
from ._unpickle import read_pickle

_TREE, _ARRAYS = "params_tree.pkl", "params_array.npy"
_LARGEST = 2**30


def read_foreign_network(path: str | Path) -> ForeignNetwork:
    """The network of a checkpoint folder of LagrangeBench, or of a file with Haiku's tree.

    A folder holds `params_tree.pkl`, a pickled tree of numbers that stand for arrays, and
    `params_array.npy`, these arrays one after another in the order of the tree's sorted names;
    what else lies there, `opt_state.pkl` above all, is never opened. A file is a `.pickle` or
    `.pkl` of a tree of arrays, or an `.npz` of arrays by names such as `module/~/linear_0/w`.

    **Raises:** `ValueError` naming the file and what is wrong with it, or as `foreign_network`.
    """
    path = Path(path)
    if path.is_dir():
        return foreign_network(_checkpoint(path), str(path))
    if path.suffix == ".npz":
        tree: dict[str, dict[str, np.ndarray]] = {}
        for name, array in read_npz(path, limit=_LARGEST).items():
            module, _, leaf = name.rpartition("/")
            tree.setdefault(module, {})[leaf] = array
        return foreign_network(tree, str(path))
    if path.suffix not in (".pickle", ".pkl"):
        raise ValueError(f"`{path}` is no folder of LagrangeBench, .pickle, .pkl or .npz.")
    return foreign_network(read_pickle(path), str(path))


def _checkpoint(folder: Path) -> Any:
    tree, file = read_pickle(folder / _TREE), folder / _ARRAYS
    check_regular(file, limit=_LARGEST)
    with open(file, "rb") as stream:
        filled = _filled(tree, stream, file)
        if stream.read(1):
            raise ValueError(f"`{file}` holds more arrays than `{folder / _TREE}` has places for.")
    return filled


def _filled(tree: Any, stream: Any, file: Path) -> Any:
    """The tree with an array in the place of each number, in the order of sorted names."""
    if isinstance(tree, dict):
        return {key: _filled(tree[key], stream, file) for key in sorted(tree, key=str)}
    if isinstance(tree, tuple):
        return tuple(_filled(each, stream, file) for each in tree)
    try:
        return npy.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f"`{file}` is damaged, or holds too few arrays ({error}).") from error
