"""Commands that families declare, as commands of Typer."""

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from .._options import Declared, declared
from ..families import AbstractCommand, Family, families
from ..studies._resolve import load_simulator
from ._errors import plain_errors
from ._options import as_file_or_name, as_path, as_text
from ._output import AsJson, remark, report, table


def family_command(family: Family, name: str, kind: type[AbstractCommand]) -> Callable[..., None]:
    """A function with a parameter for each field of a command, and `--json`."""

    def command(as_json: bool, **given: Any) -> None:
        known = declared(kind)
        options = {key: _read(known[key], value) for key, value in given.items()}
        found = kind(**options).report(partial(_load, family))
        remark(found.notes)
        shown = table(found.columns, found.rows, title=found.title)
        shown.caption = found.caption or None
        report({**found.numbers, "notes": list(found.notes)}, shown, as_json=as_json)

    parameters = [_parameter(each) for each in declared(kind).values()]
    parameters.append(inspect.Parameter("as_json", _KEYWORD, default=False, annotation=AsJson))
    command.__name__, command.__doc__ = name, kind.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return plain_errors(command)


def later_command(name: str) -> Any:
    """The command of a name that a family has, as Typer makes it; `None` if none has."""
    for family in families().values():
        if name in family.commands:
            app = typer.Typer(add_completion=False)
            app.command(name)(family_command(family, name, family.commands[name]))
            return typer.main.get_command(app)
    return None


_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def _load(family: Family, model: str) -> Any:
    return load_simulator(model, family)[0]


def _read(option: Declared, value: Any) -> Any:
    return value if value is None else option.read(value)


def _parameter(option: Declared) -> inspect.Parameter:
    settings: dict[str, Any] = {"help": option.option.help}
    if option.kind is Path:
        settings |= {"parser": as_path, "metavar": "PATH"}
    elif option.kind is str:
        settings |= {"parser": as_file_or_name if option.option.file else as_text}
        settings |= {"metavar": "TEXT"}
    if option.is_required:
        info = typer.Argument(**{**settings, "metavar": option.name.upper()})
        annotation, default = Annotated[option.kind, info], inspect.Parameter.empty
    else:
        kind = option.kind if option.default is not None else option.kind | None
        annotation, default = Annotated[kind, typer.Option(**settings)], option.default
    return inspect.Parameter(option.name, _KEYWORD, default=default, annotation=annotation)
