"""Options: what a task's maker, a source, a judge or a descent lets its user choose.

Whoever honors an option declares it once, as a field of a frozen dataclass or as a keyword of a
function, with its type, range and help:

    joints: Annotated[int, Option("Joints of the tool.", least=4, most=64)] = 16

Command lines are generated from the declarations.
"""

import dataclasses
import enum
import functools
import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Union

_UNIONS = (Union, types.UnionType)
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


@dataclasses.dataclass(frozen=True)
class Option:
    """What is to be known of an option besides its type and default.

    **Arguments:** `help`: a sentence; `least`, `most`: the range of a number, both included;
    `above`: a bound that is not included; `file`:
    whether a text may be the name of a file.
    """

    help: str
    least: float | None = None
    most: float | None = None
    above: float | None = None
    file: bool = False

    @property
    def range(self) -> str:
        """The range in words, often none."""
        words = [f"above {self.above:g}"] if self.above is not None else []
        words += [f"at least {self.least:g}"] if self.least is not None else []
        words += [f"at most {self.most:g}"] if self.most is not None else []
        return " and ".join(words)


@dataclasses.dataclass(frozen=True)
class Declared:
    """An option as somebody declares it.

    **Arguments:** `kind`: `int`, `float`, `bool`, `str`, `Path` or an enumeration; `default`: what
    it is where nobody says, of which `None` may be one, or `dataclasses.MISSING`.
    """

    name: str
    kind: type
    default: Any
    option: Option

    @property
    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.default is dataclasses.MISSING

    @property
    def flag(self) -> str:
        """As it is typed."""
        return f"--{self.name.replace('_', '-')}"

    def read(self, value: Any) -> Any:
        """A checked value from a typed text, or from a value of the kind.

        **Raises:** `ValueError` saying what is allowed.
        """
        found = self._parsed(value) if isinstance(value, str) else value
        whole = isinstance(found, int) and not isinstance(found, bool)
        fits = isinstance(found, self.kind) and (self.kind is bool or not isinstance(found, bool))
        if self.kind is float and whole:
            found, fits = float(found), True
        if not fits or not self._within(found):
            raise ValueError(f"`{self.flag}` takes {self._allowed()}, got `{value}`.")
        return found

    def _parsed(self, text: str) -> Any:
        if self.kind is bool:
            return _WORDS.get(text.lower())
        try:
            return text if self.kind is str else self.kind(text)
        except ValueError:
            return None

    def _within(self, value: Any) -> bool:
        if not isinstance(value, int | float):
            return bool(str(value).strip())
        option = self.option
        return (
            math.isfinite(value)
            and (option.above is None or value > option.above)
            and (option.least is None or value >= option.least)
            and (option.most is None or value <= option.most)
        )

    def _allowed(self) -> str:
        if issubclass(self.kind, enum.Enum):
            return "one of " + ", ".join(f"`{each.value}`" for each in self.kind)
        kinds = {int: "a whole number", float: "a number", bool: "yes or no", Path: "a path"}
        words = kinds.get(self.kind, "a text")
        return f"{words} {self.option.range}".rstrip()


def declared(maker: Any) -> dict[str, Declared]:
    """The options that a dataclass (or an instance of one) or a function declares, by name."""
    if not callable(maker):
        maker = type(maker)
    bare = maker.func if isinstance(maker, functools.partial) else maker
    hints = typing.get_type_hints(bare, include_extras=True)
    return {
        name: Declared(name, _kind(hint), default, option)
        for name, default in _defaults(maker).items()
        if (hint := hints.get(name)) is not None and (option := _option(hint)) is not None
    }


def read_options(maker: Callable[..., Any], given: Mapping[str, Any], whose: str) -> dict[str, Any]:
    """Checked values of options that were given by name; others are refused.

    **Arguments:** `whose`: in words, for the refusal: "the task `contain`".

    **Raises:** `ValueError` naming an option that is not declared, or the range of one that is.
    """
    known = declared(maker)
    for name in given:
        if name not in known:
            flag = f"--{name.replace('_', '-')}"
            flags = ", ".join(f"`{each.flag}`" for each in known.values())
            has = f"it has {flags}" if flags else "it has none"
            raise ValueError(f"`{flag}` is no option of {whose}; {has}.")
    return {name: known[name].read(value) for name, value in given.items()}


def _defaults(maker: Any) -> dict[str, Any]:
    if dataclasses.is_dataclass(maker):
        return {field.name: field.default for field in dataclasses.fields(maker)}
    parameters = inspect.signature(maker).parameters.values()
    return {each.name: each.default for each in parameters}


def _option(hint: Any) -> Option | None:
    found = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Option)]
    return found[0] if found else None


def _kind(hint: Any) -> type:
    """The type of an annotation; of an optional one, what it is besides `None`."""
    plain = typing.get_args(hint)[0]
    if typing.get_origin(plain) in _UNIONS:
        plain = next(each for each in typing.get_args(plain) if each is not type(None))
    return plain
