"""What the code of functions, classes and modules consists of."""

import dis
import enum
import functools
import types
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

_LOADS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


def same_code(code: CodeType) -> tuple[bytes | str | int, ...]:
    """What two equal pieces of code have in common, wherever they stand; constants aside."""
    return (
        code.co_code,
        code.co_exceptiontable,
        code.co_flags,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        *code.co_names,
        "|",
        *code.co_varnames,
        "|",
        *code.co_freevars,
        "|",
        *code.co_cellvars,
        "|",
        len(code.co_consts),
    )


def globals_of(function: FunctionType) -> dict[str, Any]:
    """The global variables that a function refers to, by name, those of Python aside."""
    names = sorted(set(_global_names(function.__code__)))
    return {name: function.__globals__[name] for name in names if name in function.__globals__}


def _global_names(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in _LOADS:
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def closure_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The variables around a function that it holds on to; those without a value yet aside."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        yield name, value


def class_members(kind: type) -> Iterator[tuple[str, Any]]:
    """Methods and attributes of a class as they were written, without what was generated."""
    is_enum = issubclass(kind, enum.Enum)
    if is_enum:
        yield from ((name, member.value) for name, member in kind.__members__.items())
    for name, member in sorted(vars(kind).items()):
        member = _unwrapped(member)
        special = name.startswith("__") and name.endswith("__")
        if isinstance(member, FunctionType):
            if not (special and member.__code__.co_filename.startswith("<string>")):
                yield name, member
        elif isinstance(member, property):
            yield name, (member.fget, member.fset, member.fdel)
        elif not (is_enum or special or name == "_abc_impl" or isinstance(member, _SLOTS)):
            yield name, member


def _unwrapped(member: Any) -> Any:
    if isinstance(member, staticmethod | classmethod):
        return member.__func__
    return member.func if isinstance(member, functools.cached_property) else member


def module_source(module: ModuleType) -> bytes | None:
    """The content of a module's file, as it was loaded where the loader remembers that."""
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    loader = getattr(module, "__loader__", None)
    try:
        return loader.get_data(file) if loader is not None else Path(file).read_bytes()
    except (OSError, AttributeError):
        return None
