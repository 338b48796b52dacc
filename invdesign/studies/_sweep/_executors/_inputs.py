"""The files that a configuration names, for machines that do not have them."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....io._atomic import make_folder
from ..._config import RunConfig
from ..._registry import is_file
from ..._resolve import SUFFIX, Resolved
from ..._sources import read_sources

Contents = Mapping[str, Mapping[str, bytes]]
_MOST_ROOT = 255  # characters of a name that may be one of a file


def inputs_of(config: Mapping[str, Any]) -> dict[str, dict[str, bytes]]:
    """Of every file that a configuration names: its content, and of what it imports beside it.

    **Returns:** by the name of the file as the configuration has it, contents by path from the
    file's folder, the file itself first.

    **Raises:** `ValueError` if one cannot be read.
    """
    found = {}
    task = config["task"]
    if is_file(task):
        file = task.partition(":")[0]
        found[file] = dict(read_sources(Path(file)).contents)
    for name in _other_files(config):
        try:
            found[name] = {Path(name).name: Path(name).read_bytes()}
        except OSError as error:
            raise ValueError(f"`{name}` cannot be read ({error.strerror}).") from error
    return found


def _other_files(config: Mapping[str, Any]) -> list[str]:
    """Weights, and options that are files."""
    models = [name for name in (config.get("model") or "").split(",") if name.endswith(SUFFIX)]
    options = [value for value in config.get("options", {}).values() if isinstance(value, str)]
    return models + [o for o in options if len(o) <= _MOST_ROOT and os.path.isfile(o)]


def unpack_inputs(folder: Path, contents: Contents) -> dict[str, str]:
    """Write files into a folder.

    **Returns:** where each is, by the name that the configuration has for it.
    """
    places = {}
    for number, (name, files) in enumerate(contents.items()):
        own = folder / str(number)
        for path, data in files.items():
            make_folder((own / path).parent)
            (own / path).write_bytes(data)
        places[name] = str(own / next(iter(files)))
    return places


def localized(config: RunConfig, places: Mapping[str, str]) -> RunConfig:
    """A configuration that names files where they are here."""
    if not places:
        return config
    file, colon, attribute = config.task.partition(":")
    options = {k: places.get(v, v) if isinstance(v, str) else v for k, v in config.options.items()}
    return dataclasses.replace(
        config,
        task=f"{places.get(file, file)}{colon}{attribute}",
        model=config.model and _renamed(config.model, places),
        options=options,
    )


def _renamed(models: str, places: Mapping[str, str]) -> str:
    return ",".join(places.get(name, name) for name in models.split(","))


def as_said(resolved: Resolved, config: RunConfig, places: Mapping[str, str]) -> Resolved:
    """The same with the names that files have where the configuration comes from: these are what
    the directory of the run remembers."""
    if not places:
        return resolved
    names = {place: name for name, place in places.items()}
    found, settings = resolved.found, dict(resolved.settings)
    if settings.get("model"):
        settings["model"] = _renamed(settings["model"], names)
    options = {key: config.options.get(key, value) for key, value in found.options.items()}
    found = dataclasses.replace(found, source=config.task, options=options)
    return dataclasses.replace(resolved, config=config, found=found, settings=settings)
