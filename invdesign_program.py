"""Where the `invdesign` program begins: outside of the package, whose import takes seconds.

The one place that imports inside of a function: Ctrl-C has to be answered in those seconds, too.
"""

import os
import signal
from typing import Any


def _leave(*_: Any) -> None:
    # At once: an exception would have to pass the modules that are being imported, some of which
    # catch it or report it in their own words. Nothing has been begun that would have to end.
    os.write(2, b"Interrupted.\n")
    os._exit(130)


def main() -> None:
    """Entry point of the `invdesign` program."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if usual:  # neither ignored, as in a job in the background, nor somebody else's
        signal.signal(signal.SIGINT, _leave)
    from invdesign.cli import main as run

    if usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
