"""What differs between two configurations, in words."""

from collections.abc import Mapping
from typing import Any

from ._atomic import dump_json

_SHOWN = 4


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The differences between a recorded configuration and the present one, by name.

    Three entries hold checksums or versions by name and are told name by name: `task_files`,
    `task_parts` and `packages`. The checksum `task_digest` says nothing that they do not.
    """
    words = [f"`{name}` {_fate(a, b)}" for name, a, b in _changed(old, new, "task_files")]
    words += [f"the task's {name} has changed" for name, _, _ in _changed(old, new, "task_parts")]
    words += [
        f"`{name}` is {b or 'not used'} now, was {a or 'not used'}"
        for name, a, b in _changed(old, new, "packages")
    ]
    silent = {"task_files", "task_parts", "packages"} | ({"task_digest"} if words else set())
    keys = sorted({*old, *new} - silent)
    return words + [
        f"{key} = {dump_json(old.get(key))}, not {dump_json(new.get(key))}"
        for key in keys
        if dump_json(old.get(key)) != dump_json(new.get(key))
    ]


def told(differences: list[str]) -> str:
    """The first few differences in one line."""
    return "; ".join([*differences[:_SHOWN], *(["..."] if len(differences) > _SHOWN else [])])


def _changed(
    old: Mapping[str, Any], new: Mapping[str, Any], key: str
) -> list[tuple[str, Any, Any]]:
    before, after = (x.get(key) if isinstance(x.get(key), Mapping) else {} for x in (old, new))
    assert before is not None and after is not None
    names = sorted({*before, *after}, key=str)
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return [(name, a, b) for name, a, b in pairs if a != b]


def _fate(old: Any, new: Any) -> str:
    if old is None:
        return "was not part of it"
    return "is not part of it any more" if new is None else "has changed"
