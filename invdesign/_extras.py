"""Libraries that an extra of the package brings."""

import importlib
from types import ModuleType


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
