"""The commands under one name, and what holds for all of them."""

from typing import Annotated

import typer

from .._allocator import keep_freed_memory
from .._cache import use_compilation_cache
from .._version import __version__
from ..families import families
from ._device import check_device
from ._errors import plain_errors
from ._extra import class_of
from ._family_commands import family_command
from ._group import PlainGroup
from .compare import compare
from .data import data
from .evaluate import evaluate
from .figures import figures
from .gradcheck import gradcheck
from .imports import imports
from .refine import refine
from .report import report
from .run import run
from .scan import scan
from .simulators import simulators
from .status import status
from .submit import submit
from .sweep import sweep
from .tasks import tasks
from .train import train
from .verify import verify

app = typer.Typer(
    cls=PlainGroup,
    name="invdesign",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit
    return wanted


@app.callback()
@plain_errors
def everywhere(
    cache: Annotated[
        bool, typer.Option(help="Keep compiled programs on disk for the next command.")
    ] = True,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Design by gradient through a simulator, checked in a trusted solver.

    `invdesign run contain` shapes a tool that holds water; `invdesign COMMAND --help` says more.
    """
    check_device()
    if cache:
        use_compilation_cache()


for command in (
    tasks,
    run,
    verify,
    submit,
    figures,
    report,
    sweep,
    status,
    compare,
    scan,
    refine,
    gradcheck,
    simulators,
    data,
    train,
    evaluate,
):
    app.command(cls=class_of(command))(command)


app.add_typer(imports)

for _family in families().values():
    for _name, _kind in _family.commands.items():
        app.command(_name)(family_command(_family, _name, _kind))


def main() -> None:
    """Entry point of the `invdesign` program."""
    keep_freed_memory()
    app()
