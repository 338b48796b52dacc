"""Options that a task, a family, a source or a judge declares, and not the command line."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperCommand

_ATTRIBUTE = "takes_extra"


class ExtraCommand(TyperCommand):
    """Keeps the options that it does not know for whom they concern, wherever they stand."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {
            name: getattr(each, "is_flag", False)
            for each in self.get_params(ctx)
            for name in (*each.opts, *each.secondary_opts)
        }
        own, extra = _parted(args, known)
        TyperCommand.parse_args(self, ctx, own)
        ctx.args = extra
        return ctx.args


def _parted(args: Sequence[str], known: Mapping[str, bool]) -> tuple[list[str], list[str]]:
    """Words for a command, and options that it does not know, each with its value.

    **Arguments:** `known`: options, and whether they are flags.
    """
    own: list[str] = []
    extra: list[str] = []
    rest = list(args)
    while rest and rest[0] != "--":
        word = rest.pop(0)
        name, given, _ = word.partition("=")
        unknown = word.startswith("--") and name not in known
        words = extra if unknown else own
        words.append(word)
        has_value = unknown or not known.get(name, True)
        if has_value and not given and rest and rest[0] != "--":
            words.append(rest.pop(0))
    return own + rest, extra


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
    setattr(wrapped, _ATTRIBUTE, True)
    return wrapped


def class_of(command: Callable[..., Any]) -> type[TyperCommand]:
    """Click's class for a command."""
    return ExtraCommand if getattr(command, _ATTRIBUTE, False) else TyperCommand


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
