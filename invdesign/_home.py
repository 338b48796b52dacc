"""A home for programs that have none: containers and batch jobs run as users without an entry."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "invdesign-home-"


def has_home() -> bool:
    """Whether a home directory is known that is not lent, by `HOME` or by the user's entry."""
    try:
        return not Path.home().name.startswith(_PREFIX)
    except RuntimeError:
        return False


def lend_home() -> None:
    """Without a home, make a private one that goes when the process ends.

    Libraries look for their settings there as they are imported, and some fail without one.
    """
    try:
        Path.home()
        return
    except RuntimeError:
        folder = tempfile.mkdtemp(prefix=_PREFIX)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["HOME"] = folder
