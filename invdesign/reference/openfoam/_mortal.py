"""Programs that end with the process that started them, however that ends."""

import shutil
from collections.abc import Sequence


def mortal(command: Sequence[str]) -> list[str]:
    """A command that the kernel kills when the process that runs it dies, by `SIGKILL` too.

    Without `setpriv`, of util-linux, it is the command as it is, which would go on alone.
    """
    program = shutil.which("setpriv")
    prefix = [] if program is None else [program, "--pdeathsig", "KILL", "--"]
    return [*prefix, *command]
