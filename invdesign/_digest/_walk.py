"""The walk over an object that its checksum is made of."""

import contextlib
import dataclasses
import enum
import functools
import hashlib
import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import PurePath
from types import BuiltinMethodType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from .._version import __version__
from ._code import class_members, closure_of, globals_of, module_source, same_code
from ._home import (
    OURS,
    PYTHON,
    home_of_class,
    home_of_function,
    home_of_module,
    placed,
    public_name,
    version_of,
)

VERSION = "2"
_ADVICE = "keep it out, or hold plain values, arrays, functions and dataclasses there instead"


@dataclasses.dataclass(frozen=True)
class Fields:
    """The checksum of each field of a dataclass, and the versions of whatever they use."""

    parts: Mapping[str, str]
    packages: Mapping[str, str]

    @property
    def whole(self) -> str:
        """One checksum of all fields, versions of packages aside."""
        text = "".join(f"{name}={part};" for name, part in sorted(self.parts.items()))
        return f"{VERSION}:{hashlib.sha256(text.encode()).hexdigest()}"


def digest(tree: Any, name: str = "tree") -> str:
    """A checksum (`VERSION`, a colon, SHA-256 in hexadecimal) of everything that an object is.

    Fields count whether they are static or not; arrays by type, shape and bytes; functions and
    classes of the user's by their code, defaults, closures and what they refer to; code of
    installed packages by its name and the package's version; our own by public name and version,
    wherever its files lie. Equal in every process of the same Python.

    **Arguments:** `name`: what messages call the object.

    **Raises:** `ValueError` with the path of what has no content to tell, such as a generator.
    """
    walk = _Walk(name)
    walk(tree)
    walk.token("packages", *(f"{k}={v}" for k, v in sorted(walk.packages.items())))
    return f"{VERSION}:{walk.state.hexdigest()}"


def digest_fields(tree: Any, name: str = "tree", *, without: Collection[str] = ()) -> Fields:
    """The same of a dataclass, field by field.

    **Arguments:** `without`: fields that do not count.

    **Raises:** `ValueError` as `digest` does.
    """
    parts, packages = {}, {OURS: __version__}
    for field in dataclasses.fields(tree):
        if field.name in without:
            continue
        walk = _Walk(f"{name}.{field.name}")
        walk(getattr(tree, field.name, None))
        parts[field.name] = walk.state.hexdigest()
        packages |= walk.packages
    return Fields(parts, dict(sorted(packages.items())))


class _Walk:
    """One walk: a running checksum, the path to where it is, and what it has met."""

    def __init__(self, name: str):
        self.state = hashlib.sha256()
        self.packages: dict[str, str] = {}
        self._path = [name]
        self._open: dict[int, int] = {}  # containers that the walk is inside of
        self._known: dict[int, int] = {}  # code that it has been through
        self._kept: list[Any] = []  # what was made on the way: its identity must not be used again

    def token(self, tag: str, *payload: str | bytes | int) -> None:
        """Add something to the checksum, so that no two sequences of tokens read alike."""
        for item in (tag, *payload):
            data = item if isinstance(item, bytes) else str(item).encode("utf-8", "surrogatepass")
            self.state.update(struct.pack("<q", len(data)))
            self.state.update(data)
        self.state.update(b"\xff")

    def __call__(self, thing: Any, step: str = "") -> None:
        """Walk `thing`, which lies one `step` further."""
        self._path.append(step)
        try:
            self._visit(thing)
        except RecursionError:
            raise ValueError(
                f"`{self._path[0]}` is nested too deeply for a checksum; flatten it."
            ) from None
        self._path.pop()

    def _visit(self, thing: Any) -> None:
        for kinds, visit in _KINDS:
            if isinstance(thing, kinds):
                return visit(self, thing)
        with self._inside(thing) as seen:
            if not seen:
                self._object(thing)

    @contextlib.contextmanager
    def _inside(self, thing: Any) -> Iterator[bool]:
        """Whether the walk is inside of `thing` already, which it then only refers to."""
        if id(thing) in self._open:
            self.token("around", len(self._open) - self._open[id(thing)])
            yield True
            return
        self._open[id(thing)] = len(self._open)
        yield False
        del self._open[id(thing)]

    def _plain(self, thing: Any) -> None:
        """Numbers, strings and other values; subclasses count as their class and value."""
        if type(thing) not in _PLAIN:
            self._class_of(thing)
        if thing is None or isinstance(thing, bool):
            self.token("value", repr(thing))
        elif isinstance(thing, float):
            self.token("float", struct.pack("<d", thing))
        elif isinstance(thing, complex):
            self.token("complex", struct.pack("<dd", thing.real, thing.imag))
        elif isinstance(thing, bytes | bytearray):
            self.token("bytes", bytes(thing))
        elif isinstance(thing, str):
            self.token("text", str.__str__(thing))
        elif isinstance(thing, int):
            self.token("int", int.__repr__(thing))
        else:
            self.token("value", repr(thing))

    def _path_of(self, thing: PurePath) -> None:
        self.token("path", str(thing))

    def _enum(self, thing: enum.Enum) -> None:
        self._class_of(thing)
        self.token("member", thing.name or "")
        self(thing.value, ".value")

    def _array(self, thing: Any) -> None:
        if isinstance(thing, Tracer):
            self.refuse("an array that is being traced")
        if jnp.issubdtype(thing.dtype, jax.dtypes.prng_key):
            self.token("key", str(jax.random.key_impl(thing)))
            thing = jax.random.key_data(thing)
        array = np.asarray(thing)
        self.token("array", str(array.dtype), str(array.shape))
        if array.dtype.hasobject:
            self([*array.flat], "")
        else:
            self.token("content", array.tobytes())

    def _dtype(self, thing: np.dtype) -> None:
        self.token("dtype", str(thing))

    def _sequence(self, thing: Any) -> None:
        with self._inside(thing) as seen:
            if seen:
                return
            self._class_of(thing)
            self.token("sequence", len(thing))
            for index, item in enumerate(thing):
                self(item, f"[{index}]")

    def _mapping(self, thing: Any) -> None:
        with self._inside(thing) as seen:
            if seen:
                return
            self._class_of(thing)
            self.token("mapping", len(thing))
            # In no order of its own: libraries sort the keys of trees as they like.
            for _, key in sorted(((self._alone(key), key) for key in thing), key=_first):
                self(key, f"[{key!r}]")
                self(thing[key], f"[{key!r}]")

    def _set(self, thing: Any) -> None:
        self._class_of(thing)
        self.token("set", *sorted(self._alone(item) for item in thing))

    def _alone(self, thing: Any) -> str:
        """The checksum of `thing` as if there were nothing else."""
        walk = _Walk("".join(self._path))
        walk(thing)
        self.packages |= walk.packages
        return walk.state.hexdigest()

    def _code(self, thing: CodeType) -> None:
        self.token("code", *same_code(thing))
        self._use(PYTHON)
        for constant in thing.co_consts:
            self(constant, "")

    def _function(self, thing: FunctionType) -> None:
        if self._again(thing):
            return
        named, home = public_name(thing), home_of_function(thing)
        if named is not None:
            return self._named(*named)
        if home is None:
            self(thing.__code__, "")
            for name, value in globals_of(thing).items():
                self(value, f" (its global `{name}`)")
        else:
            around = thing.__globals__["__name__"]
            self._named(home, placed(home, around, thing.__code__.co_qualname))
        self(thing.__defaults__, " (a default)")
        self(thing.__kwdefaults__, " (a default)")
        for name, value in closure_of(thing):
            self(value, f" (its variable `{name}`)")

    def _method(self, thing: MethodType) -> None:
        self.token("method")
        self(thing.__func__, ".__func__")
        self(thing.__self__, ".__self__")

    def _builtin(self, thing: Any) -> None:
        self.token("builtin", thing.__qualname__)
        if not isinstance(thing.__self__, ModuleType | None):
            self(thing.__self__, ".__self__")

    def _partial(self, thing: functools.partial) -> None:
        self._class_of(thing)
        self(thing.func, ".func")
        self(thing.args, ".args")
        self(thing.keywords, ".keywords")

    def _module(self, thing: ModuleType) -> None:
        home = home_of_module(thing.__name__, getattr(thing, "__file__", None))
        if home is not None:
            return self._named(home, placed(home, thing.__name__, ""))
        source = module_source(thing)
        if source is None:
            return self.refuse(f"the module `{thing.__name__}`, which has no file")
        self.token("module", source)

    def _class(self, thing: type) -> None:
        if self._again(thing):
            return
        home = home_of_class(thing)
        if home is not None:
            return self._named(home, placed(home, thing.__module__, thing.__qualname__))
        self.token("class", thing.__qualname__)
        self([*thing.__bases__], ".__bases__")
        for name, member in class_members(thing):
            self.token("member", name)
            self(member, f".{name}")

    def _class_of(self, thing: Any) -> None:
        self(type(thing), "")

    def _object(self, thing: Any) -> None:
        """Anything else: by name, by its fields, by what it wraps, or as it would be pickled."""
        named = public_name(thing)
        if named is not None:
            return self._named(*named)
        self._class_of(thing)
        if dataclasses.is_dataclass(thing):
            return self._fields(thing)
        if hasattr(thing, "__wrapped__"):
            self(thing.__wrapped__, "")
            public = {k: v for k, v in vars(thing).items() if not k.startswith("_")}
            return self(public, "")
        try:
            reduced = thing.__reduce_ex__(4)
        except Exception:
            self.refuse(f"a {type(thing).__name__}")
        # Iterators over items of a list and of a mapping come last.
        parts = reduced if isinstance(reduced, str) else [*reduced[:3], *map(_listed, reduced[3:5])]
        self._kept.append(parts)
        self(parts, "")

    def _fields(self, thing: Any) -> None:
        """The fields of a dataclass, then what else was written into it."""
        names = [field.name for field in dataclasses.fields(thing)]
        kept = (functools.cached_property,)
        others = [
            name
            for name in sorted(getattr(thing, "__dict__", {}))
            if name not in names
            and not (name.startswith("__") and name.endswith("__"))
            and not isinstance(getattr(type(thing), name, None), kept)
        ]
        for name in (*names, *others):
            self.token("field", name)
            self(getattr(thing, name, None), f".{name}")

    def _named(self, home: str, name: str) -> None:
        self.token("named", home, name)
        if home != PYTHON:
            self._use(home)

    def _use(self, home: str) -> None:
        self.packages[home] = __version__ if home == OURS else version_of(home)

    def _again(self, thing: Any) -> bool:
        """Whether this code has been walked before; it may refer to itself."""
        if id(thing) in self._known:
            self.token("again", self._known[id(thing)])
            return True
        self._known[id(thing)] = len(self._known)
        self._kept.append(thing)
        return False

    def refuse(self, what: str) -> Any:
        raise ValueError(
            f"`{''.join(self._path)}` is {what}, whose content no checksum can tell; {_ADVICE}."
        )


def _first(pair: tuple[str, Any]) -> str:
    return pair[0]


def _listed(items: Any) -> Any:
    return None if items is None else list(items)


_ARRAYS = (jax.Array, np.ndarray, np.generic)
_PLAIN = (type(None), type(Ellipsis), type(NotImplemented), bool, int, float, complex, str, bytes)
_KINDS: tuple[tuple[Any, Callable[[Any, Any], None]], ...] = (
    (enum.Enum, _Walk._enum),
    (_ARRAYS, _Walk._array),
    ((*_PLAIN, bytearray), _Walk._plain),
    (PurePath, _Walk._path_of),
    (np.dtype, _Walk._dtype),
    ((tuple, list), _Walk._sequence),
    (dict, _Walk._mapping),
    ((set, frozenset), _Walk._set),
    (CodeType, _Walk._code),
    (FunctionType, _Walk._function),
    (MethodType, _Walk._method),
    (BuiltinMethodType, _Walk._builtin),
    (functools.partial, _Walk._partial),
    (ModuleType, _Walk._module),
    (type, _Walk._class),
)
