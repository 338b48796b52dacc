"""The commands as a group whose mistakes in options are one sentence, too."""

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from ._errors import INTERRUPTED, MISTAKE
from ._family_commands import later_command
from ._output import say

# What every mistake in a command's words is; Typer does not export it by its name.
_UsageError: Any = typer.BadParameter.__base__


class PlainGroup(TyperGroup):
    """Prints the mistake alone, without usage and frames around it.

    Commands of families that are registered later are found, too.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = TyperGroup.get_command(self, ctx, cmd_name)
        return later_command(cmd_name) if found is None else found

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        args = list(sys.argv[1:] if args is None else args)
        if not args or options.get("standalone_mode") is False:  # help, or somebody's own use
            return TyperGroup.main(self, args, *rest, **options)
        try:
            code = TyperGroup.main(self, args, *rest, **{**options, "standalone_mode": False})
        except _UsageError as error:
            say(f"Error: {error.format_message()}")
            code = MISTAKE
        except KeyboardInterrupt:
            say("Interrupted.")
            code = INTERRUPTED
        sys.exit(code or 0)
