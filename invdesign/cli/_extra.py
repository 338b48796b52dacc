"""Options that a task, a family, a source or a judge declares, and not the command line."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer

# Of a command that takes such options: what it does not know it keeps for whom it concerns.
EXTRA_OPTIONS = {"allow_extra_args": True, "ignore_unknown_options": True}
_ATTRIBUTE = "context_settings"


def takes_extra(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command of Typer whose keyword `extra` gets the words that it does not know."""

    @functools.wraps(command)
    def wrapped(context: Any, **given: Any) -> Any:
        return command(extra=tuple(context.args), **given)

    parameters = [
        each for each in inspect.signature(command).parameters.values() if each.name != "extra"
    ]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    context = inspect.Parameter("context", kind, annotation=typer.Context)
    given = inspect.Signature([context, *parameters])
    wrapped.__signature__ = given  # type: ignore[attr-defined]
    wrapped.__annotations__ = {each.name: each.annotation for each in given.parameters.values()}
    setattr(wrapped, _ATTRIBUTE, EXTRA_OPTIONS)
    return wrapped


def settings_of(command: Callable[..., Any]) -> dict[str, Any]:
    """Click's settings for a command."""
    return getattr(command, _ATTRIBUTE, {})


def extra_options(words: Sequence[str]) -> Mapping[str, str]:
    """Options by name from what a command did not know: `--name value` or `--name=value`.

    **Raises:** `ValueError` for anything else, and for an option that is given twice.
    """
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        flag, given, value = word.partition("=")
        if not flag.startswith("--") or len(flag) < 3:
            raise ValueError(f"`{word}` is one word too many: options begin with `--`.")
        if not given:
            if not rest:
                raise ValueError(f"`{flag}` is no option here, or lacks its value.")
            value = rest.pop(0)
        name = flag[2:].replace("-", "_")
        if name in found:
            raise ValueError(f"`{flag}` is given twice.")
        found[name] = value
    return found
