"""Whose code something is: the user's, ours, Python's or an installed package's."""

import functools
import sys
from importlib import metadata
from pathlib import PurePath
from types import FunctionType
from typing import Any

OURS, PYTHON = __name__.partition(".")[0], "python"
_INSTALLED = {"site-packages", "dist-packages"}


def home_of_module(name: str, file: str | None) -> str | None:
    """The distribution that a module belongs to, or `None` if it is the user's own."""
    top = name.partition(".")[0]
    if top == OURS:
        return OURS
    if top in sys.stdlib_module_names and top != "__main__":
        return PYTHON
    if file is None:
        return PYTHON if top in sys.builtin_module_names else _distribution(top)
    return _distribution(top) if _INSTALLED & set(PurePath(file).parts) else None


def home_of_class(kind: type) -> str | None:
    """As `home_of_module`, of the module that defines a class."""
    module = sys.modules.get(kind.__module__)
    return home_of_module(kind.__module__, getattr(module, "__file__", None))


def home_of_function(function: FunctionType) -> str | None:
    """As `home_of_module`, of the module whose code a function runs, whatever it is wrapped as."""
    around = function.__globals__
    return home_of_module(around.get("__name__", ""), around.get("__file__"))


def public_name(thing: Any) -> tuple[str, str] | None:
    """Distribution and name of what an installed module holds under the name it gives itself."""
    module = getattr(thing, "__module__", None)
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    loaded = sys.modules.get(module)
    home = home_of_module(module, getattr(loaded, "__file__", None))
    found: Any = loaded
    for part in name.split("."):
        found = getattr(found, part, None)
    return (home, placed(home, module, name)) if home is not None and found is thing else None


def placed(home: str, module: str, name: str) -> str:
    """The name by which code counts: our own files may move, those of others do not."""
    return name if home == OURS else f"{module}.{name}"


@functools.cache
def version_of(distribution: str) -> str:
    """The installed version of a distribution, or Python's."""
    if distribution == PYTHON:
        return ".".join(map(str, sys.version_info[:2]))
    return metadata.version(distribution)


@functools.cache
def _distribution(top: str) -> str | None:
    try:
        metadata.version(top)
    except metadata.PackageNotFoundError:
        found = metadata.packages_distributions().get(top)
        return found[0] if found else None
    return top
