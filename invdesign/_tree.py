"""Helpers for pytrees."""

import hashlib
from typing import Any

import equinox as eqx
import jax
import numpy as np


def digest(tree: Any, label: str = "") -> str:
    """A checksum (SHA-256, hexadecimal) of a label and of the arrays of a pytree, in order."""
    state = hashlib.sha256(label.encode())
    for leaf in jax.tree.leaves(eqx.filter(tree, eqx.is_array)):
        array = np.asarray(leaf)
        state.update(f"{array.dtype}{array.shape}".encode())
        state.update(array.tobytes())
    return state.hexdigest()
