"""Pickled trees of arrays, read without running what a pickle asks for.

A pickle is a program: it names callables and calls them. This reader knows two names, those of
NumPy's array and of its type, and answers them with plain records of its own that are checked
before they become arrays. Every other name is refused, and nothing is called.
"""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from .._reading import read_bytes

_RECONSTRUCT = {
    (f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")
}  # as NumPy 1 and 2 name it
_FROM_BUFFER = {(f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")}
_KINDS = "biuf"  # numbers and booleans
_OBJECTS = "O8"
_LARGEST = 2**28
_MOST = 20_000


class _Type:
    """A NumPy type on its way: its code, such as `f4`, and its byte order."""

    def __init__(self, code: Any, *_: Any):
        self.code = code.decode() if isinstance(code, bytes) else code
        self.order: Any = "="

    def __setstate__(self, state: Any) -> None:
        if not (isinstance(state, tuple) and len(state) >= 5 and state[1] in ("<", ">", "|", "=")):
            raise pickle.UnpicklingError("a type of numbers that is none")
        if any(part is not None for part in state[2:5]):
            raise pickle.UnpicklingError("a type with fields, which is not read")
        self.order = state[1]

    def made(self) -> np.dtype:
        """The type of numbers; of nothing else."""
        if not isinstance(self.code, str) or len(self.code) > 3 or self.code[:1] not in _KINDS:
            raise pickle.UnpicklingError(f"an array of the type {str(self.code)[:20]!r}")
        return np.dtype(self.code).newbyteorder(self.order)


class _Array:
    """An array on its way."""

    value: Any = None

    def __init__(self, *_: Any):
        pass

    def __setstate__(self, state: Any) -> None:
        if not (isinstance(state, tuple) and len(state) == 5 and isinstance(state[2], _Type)):
            raise pickle.UnpicklingError("an array that is none")
        _, shape, kind, is_fortran, content = state
        if kind.code == _OBJECTS and isinstance(content, list):
            self.value = _reshaped(_objects(content), shape, is_fortran)
            return
        self.value = _numbers(content, kind, shape, is_fortran)


class _Buffer:
    """An array from its content, as newer pickles have it."""

    def __init__(self, content: Any, kind: Any, shape: Any, order: Any):
        if not isinstance(kind, _Type):
            raise pickle.UnpicklingError("an array that is none")
        self.value = _numbers(content, kind, shape, order == "F")

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("an array that is none")


class _Class:
    """What stands for `numpy.ndarray`, which is named and not called."""

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("an array that is none")


def _objects(content: list[Any]) -> np.ndarray:
    array = np.empty(len(content), object)
    for index, value in enumerate(content):
        array[index] = _plain(value)
    return array


def _numbers(content: Any, kind: _Type, shape: Any, is_fortran: Any) -> np.ndarray:
    if not isinstance(content, bytes | bytearray | memoryview):
        raise pickle.UnpicklingError("an array without content")
    return _reshaped(np.frombuffer(bytes(content), kind.made()), shape, is_fortran)


def _reshaped(flat: np.ndarray, shape: Any, is_fortran: Any) -> np.ndarray:
    good = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not good or int(np.prod(shape, dtype=object)) != flat.size:
        raise pickle.UnpicklingError("an array whose content does not fit its shape")
    return flat.reshape(shape, order="F" if is_fortran else "C").copy()


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """What a name stands for here; nothing is imported."""
        if (module, name) in _RECONSTRUCT:
            return _Array
        if (module, name) in _FROM_BUFFER:
            return _Buffer
        if (module, name) == ("numpy", "ndarray"):
            return _Class
        if (module, name) == ("numpy", "dtype"):
            return _Type
        raise pickle.UnpicklingError(
            f"it asks for `{module}.{name}`, and only dict, str, int, tuple and NumPy's arrays of "
            "numbers are read"
        )

    def persistent_load(self, pid: Any) -> Any:
        """Refused: it would be looked up elsewhere."""
        raise pickle.UnpicklingError("it refers to something outside of the file")


def _plain(value: Any, left: list[int] | None = None) -> Any:
    """A tree of dict, str, int, tuple and arrays, arrays made.

    **Arguments:** `left`: how many values there may still be: one may be referred to many times.
    """
    left = [_MOST] if left is None else left
    left[0] -= 1
    if left[0] < 0:
        raise pickle.UnpicklingError(f"it holds more than {_MOST} values")
    if isinstance(value, _Array | _Buffer) and value.value is not None:
        return value.value
    if type(value) is dict and all(type(key) in (str, int) for key in value):
        return {key: _plain(each, left) for key, each in value.items()}
    if type(value) is tuple:
        return tuple(_plain(each, left) for each in value)
    if type(value) in (str, int):
        return value
    raise pickle.UnpicklingError(f"it holds a {type(value).__name__.strip('_')}")


def unpickled(data: bytes) -> Any:
    """A tree of dict, str, int, tuple and NumPy arrays of numbers; arrays of such objects, too.

    **Raises:** `pickle.UnpicklingError` saying what else is in it, or that it is damaged.
    """
    try:
        return _plain(_Reader(io.BytesIO(data)).load())
    except pickle.UnpicklingError:
        raise
    except Exception as error:  # of a damaged stream, any: it is somebody else's program
        raise pickle.UnpicklingError(f"it is damaged ({type(error).__name__}: {error})") from error


def read_pickle(path: Path) -> Any:
    """The tree in a pickle file.

    **Raises:** `ValueError` naming the file, and what in it is not admitted.
    """
    try:
        return unpickled(read_bytes(path, limit=_LARGEST))
    except pickle.UnpicklingError as error:
        raise ValueError(f"`{path}` was not read: {error}.") from error
