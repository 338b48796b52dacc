"""Compiled programs that outlive a command."""

import os
from pathlib import Path

import jax

from ._home import has_home

VARIABLE = "INVDESIGN_CACHE"


def cache_dir() -> Path | None:
    """Where compiled programs are kept: `$INVDESIGN_CACHE`, or the user's cache folder.

    `None` if the variable is `off`, if JAX has been given a folder of its own, or if the folder
    would be in a home that is not known.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen.lower() in {"off", "0", "no"} or os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return None
    if chosen:
        return _expanded(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or (Path.home() / ".cache" if has_home() else None)
    return None if base is None else Path(base) / "invdesign" / "jax"


def _expanded(folder: str) -> Path | None:
    """With `~` for the home, as a shell that does not see it between quotes leaves it."""
    try:
        return Path(folder).expanduser()
    except RuntimeError:  # of somebody who has none
        return None


def use_compilation_cache() -> None:
    """Turn JAX's persistent compilation cache on; without a writable folder, leave it off."""
    folder = cache_dir()
    if folder is None or jax.config.jax_compilation_cache_dir:  # pyright: ignore[reportAttributeAccessIssue]
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError):  # a ValueError is a name that no file can have
        return
    if os.access(folder, os.W_OK):
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
