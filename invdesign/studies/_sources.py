"""The files of a task that a user wrote: read, told apart and run, always from their source."""

import ast
import builtins
import dataclasses
import hashlib
import importlib.machinery
import importlib.util
import itertools
import os
import sys
from collections.abc import Iterator, Mapping
from importlib.abc import InspectLoader, MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

_PREFIX = "_invdesign_task_"
_COUNTER = itertools.count()


@dataclasses.dataclass(frozen=True)
class Sources:
    """A task's file and the modules beside it that it imports, as they were read.

    **Arguments:**

    - `path`: of the file.
    - `contents`: by path from the file's folder, the file itself first.
    - `notes`: a sentence for each module beside the file that an installed one of the same name
      hides.
    """

    path: Path
    contents: Mapping[str, bytes]
    notes: tuple[str, ...] = ()

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of each file, hexadecimal."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.contents.items()}

    def find(self, parts: tuple[str, ...]) -> str | None:
        """The file of a module of these names, seen from the folder."""
        stem = "/".join(parts)
        return next((f for f in (f"{stem}/__init__.py", f"{stem}.py") if f in self.contents), None)

    def run(self) -> ModuleType:
        """The file's module, made anew each time; nothing is read from or left in a cache.

        It and the modules beside it have names of their own, so that those of two folders never
        mix, and their imports go on finding these modules for as long as they are used.
        """
        package = f"{_PREFIX}{next(_COUNTER)}"
        root = ModuleType(package)
        root.__path__ = []
        sys.modules[package] = root
        _FINDER.sources[package] = self
        stem = self.path.stem.replace(".", "_")
        loader = _Loader(self, self.path.name, package)
        spec = importlib.machinery.ModuleSpec(f"{package}.{stem}", loader, origin=str(self.path))
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their annotations up there
        try:
            loader.exec_module(module)
        except BaseException:
            for name in [n for n in sys.modules if n.partition(".")[0] == package]:
                del sys.modules[name]
            del _FINDER.sources[package]
            raise
        return module


def read_sources(path: Path) -> Sources:
    """The files that make up a task, found by reading them; nothing is run.

    **Raises:** `ValueError` if one cannot be read, `SyntaxError` if it is no Python.
    """
    path = path.resolve()
    contents: dict[str, bytes] = {}
    notes: dict[str, None] = {}
    waiting = [path.name]
    while waiting:
        name = waiting.pop(0)
        if name in contents:
            continue
        contents[name] = _read(path.parent / name)
        for parts in _imports(_parsed(contents[name], name), name):
            files = _files_of(path.parent, parts)
            if files and _is_elsewhere(parts[0], path.parent):
                notes[_clash(files[0], path.name, parts[0])] = None
            else:
                waiting += files
    return Sources(path, contents, tuple(notes))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"`{path}` cannot be read ({error.strerror}).") from error


def _parsed(content: bytes, file: str) -> ast.AST:
    try:
        return ast.parse(content, filename=file)
    except ValueError as error:  # null bytes
        raise SyntaxError(f"{error} ({file})") from error


def _clash(file: str, importing: str, name: str) -> str:
    return (
        f"`{file}` beside `{importing}` is not what `import {name}` finds: Python's own modules "
        "and installed packages come first; rename it to use it."
    )


def _imports(tree: ast.AST, file: str) -> Iterator[tuple[str, ...]]:
    """Modules that the statements of a file name, at any depth, seen from the folder."""
    around = tuple(file.split("/")[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level <= len(around) + 1:
            start = around[: len(around) + 1 - node.level] if node.level else ()
            base = (*start, *(node.module.split(".") if node.module else ()))
            if base:
                yield base
            yield from ((*base, alias.name) for alias in node.names)


def _files_of(folder: Path, parts: tuple[str, ...]) -> list[str]:
    """The files that importing these names runs, packages around them first."""
    found = []
    for length in range(1, len(parts) + 1):
        stem = "/".join(parts[:length])
        inside = next((f for f in (f"{stem}/__init__.py", f"{stem}.py") if _is(folder / f)), None)
        if inside is None:
            break
        found.append(inside)
    return found


def _is(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_elsewhere(name: str, folder: Path) -> bool:
    """Whether Python finds a module without looking into `folder`."""
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        return True
    own = {folder / f"{name}.py", folder / name / "__init__.py"}
    path = [entry for entry in sys.path if Path(entry or os.curdir).resolve() != folder]
    for finder in sys.meta_path:
        if finder is importlib.machinery.PathFinder:
            spec = importlib.machinery.PathFinder.find_spec(name, path)
        else:
            spec = finder.find_spec(name, None)
        # A mere folder has no origin.
        if spec is not None and spec.origin is not None and Path(spec.origin).resolve() not in own:
            return True
    return False


@dataclasses.dataclass(frozen=True)
class _Loader(InspectLoader):
    """Compiles a file from what was read of it."""

    sources: Sources
    name: str
    package: str

    def get_source(self, fullname: str = "") -> str:
        return importlib.util.decode_source(self.sources.contents[self.name])

    def get_data(self, path: str) -> bytes:
        return self.sources.contents[self.name]

    def is_package(self, fullname: str) -> bool:
        return self.name.endswith("__init__.py")

    def exec_module(self, module: ModuleType) -> None:
        file = str(self.sources.path.parent / self.name)
        around: dict[str, Any] = module.__dict__
        around["__file__"] = file
        around["__builtins__"] = {**vars(builtins), "__import__": self._import}
        exec(compile(self.sources.contents[self.name], file, "exec", dont_inherit=True), around)

    def _import(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> ModuleType:
        """`__import__` that knows the modules beside the file, whenever it is called."""
        top = name.partition(".")[0]
        if level or self.sources.find((top,)) is None:
            return __import__(name, globals, locals, fromlist, level)
        found = __import__(f"{self.package}.{name}", globals, locals, fromlist, 0)
        return found if fromlist else sys.modules[f"{self.package}.{top}"]


class _Finder(MetaPathFinder):
    """Finds what lies beside a task's file, under the private name of its folder's package."""

    def __init__(self):
        self.sources: dict[str, Sources] = {}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        package, *parts = fullname.split(".")
        sources = self.sources.get(package)
        name = None if sources is None else sources.find(tuple(parts))
        if sources is None or name is None:
            return None
        return importlib.machinery.ModuleSpec(
            fullname,
            _Loader(sources, name, package),
            origin=str(sources.path.parent / name),
            is_package=name.endswith("__init__.py"),
        )


_FINDER = _Finder()
sys.meta_path.append(_FINDER)
