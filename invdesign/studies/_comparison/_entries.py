"""Which runs of a sweep are compared with which, and what they are called."""

from collections.abc import Mapping
from typing import Any

from ...io._atomic import dump_json
from .._sweep import StudyStatus
from ._contest import Contest, read_contest


def read_contests(found: StudyStatus) -> dict[str, list[Contest]]:
    """The finished runs of a sweep, by the sources of their tasks.

    **Raises:** `ValueError` if there are none, or naming a file that is damaged.
    """
    labels = labels_of(found.configs)
    done = [name for name, run in found.runs.items() if run.state == "finished"]
    if not done:
        raise ValueError(
            f"`{found.out}` holds no finished run yet; see `invdesign status {found.out}`."
        )
    groups: dict[str, list[Contest]] = {}
    for name in (name for name in found.configs if name in done):
        contest = read_contest(found.out / name, labels[name])
        groups.setdefault(found.configs[name]["task"], []).append(contest)
    return groups


def labels_of(configs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """For each run what it shares with those that differ in the seed alone."""
    flat = {name: _flat(config) for name, config in configs.items()}
    keys = dict.fromkeys(key for config in flat.values() for key in config)
    # What an optimizer's name says already, such as its population, is not said again.
    alike: dict[Any, list[Mapping[str, Any]]] = {}
    for config in flat.values():
        alike.setdefault((config["task"], config.get("optimizer")), []).append(config)
    shown = [
        key
        for key in keys
        if key not in ("task", "seed", "optimizer")
        and any(len({dump_json(c.get(key)) for c in many}) > 1 for many in alike.values())
    ]

    def label(config: Mapping[str, Any]) -> str:
        words = [config.get("optimizer") or "the task's own"]
        words += [f"{key}={_word(config[key])}" for key in shown if key in config]
        return ", ".join(words)

    return {name: label(config) for name, config in flat.items()}


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in config.items() if key != "options"}
    return own | dict(config.get("options", {}))


def _word(value: Any) -> str:
    return value if isinstance(value, str) else dump_json(value)
