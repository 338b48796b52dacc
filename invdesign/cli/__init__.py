"""The command line: `invdesign tasks | run | verify | compare | ...`."""

from ._app import app as app, main as main
