"""Libraries that are imported where they are first needed."""

import importlib
from types import ModuleType


def import_late(module: str) -> ModuleType:
    """A library that the package brings, but whose import takes long and few commands need."""
    return importlib.import_module(module)


def find_extra(module: str, extra: str) -> ModuleType:
    """An optional library, imported where it is first needed.

    **Arguments:** `module`: its name; `extra`: of the package, the one that brings it.

    **Raises:** `ValueError` saying how to get it if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ValueError(
            f"`{module}` is not installed; `pip install 'invdesign[{extra}]'` brings it."
        ) from error
