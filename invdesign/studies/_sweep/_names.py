"""Names of directories, from what the runs of a study differ in."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ...io._atomic import dump_json

# Their values speak for themselves, in this order; others stand as `name=value`, the seed last.
_BARE = ("task", "optimizer", "model")
_ODD = re.compile(r"[^A-Za-z0-9._=+-]+")
_LONGEST = 100
_RESERVED = re.compile(r"^(\..*|study\.json|head\..*|logs|comparison.*|)$")


def run_name(varied: Mapping[str, Any]) -> str:
    """The name of the run with these values on a study's axes, by field."""
    words = [_word(key, varied[key]) for key in _BARE if varied.get(key) is not None]
    rest = {key: value for key, value in varied.items() if key not in (*_BARE, "seed")}
    words += [f"{key.removeprefix('options.')}={_word(key, v)}" for key, v in rest.items()]
    words += [_word("seed", varied["seed"])] if "seed" in varied else []
    return _short(_ODD.sub("_", "-".join(words)))


def apart(name: str, config: Any) -> str:
    """Another name for a run whose own is another one's already."""
    return f"{name}-{_code(dump_json(config))}"


def _word(key: str, value: Any) -> str:
    text = value if isinstance(value, str) else dump_json(value).replace(" ", "")
    if key == "task":
        file, _, attribute = text.partition(":")
        return f"{PurePath(file).stem}-{attribute}" if file.endswith(".py") else text
    if key == "model":
        return "+".join(
            PurePath(each).name.removesuffix(".safetensors") for each in text.split(",")
        )
    return text


def _short(name: str) -> str:
    if len(name) > _LONGEST:
        return f"{name[:_LONGEST]}-{_code(name)}"
    return f"run-{name}" if _RESERVED.match(name) else name


def _code(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
