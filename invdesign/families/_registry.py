"""Families by their names, by the scenes of a task, by a weights file's header."""

import functools
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import equinox as eqx

from .._task import Task, initial_scene
from ..io._manifest import unknown_name
from ..training import AbstractTraining, TrainingConfig, read_config
from ._family import Family
from ._source import AbstractSource

GROUP = "invdesign.families"
_REGISTERED: dict[str, Family] = {}


def register(family: Family) -> Family:
    """Make a family known to everything that asks for one; returns it.

    A package registers its own by an entry point of the group `invdesign.families`.

    **Raises:** `ValueError` if another one has its name, or an alias of it.
    """
    for other in _REGISTERED.values():
        taken = {other.name, *other.aliases} & {family.name, *family.aliases}
        if taken and other is not family:
            raise ValueError(f"`{min(taken)}` is the name of a family already.")
    _REGISTERED[family.name] = family
    return family


def unregister(name: str) -> None:
    """Forget a family that was registered."""
    _REGISTERED.pop(name, None)


@functools.cache
def _installed() -> tuple[Family, ...]:
    """Families of installed packages, which are registered as they are found."""
    return tuple(register(point.load()) for point in entry_points(group=GROUP))


def families() -> Mapping[str, Family]:
    """All families by name."""
    _installed()
    return dict(_REGISTERED)


def family_named(name: str) -> Family:
    """The family of a name or of an alias.

    **Raises:** `ValueError` with the nearest names if there is none.
    """
    for family in families().values():
        if name == family.name or name in family.aliases:
            return family
    raise ValueError(unknown_name("family", name, families()))


def family_of(task: Task) -> Family:
    """The family of a task: the one that it names, or the only one with scenes of its type.

    **Raises:** `ValueError` if there is none, or if there are several and the task names none.
    """
    found = known_family(task)
    if found is None:
        kind = type(eqx.filter_eval_shape(initial_scene, task)).__name__
        raise ValueError(f"No family has scenes like those of `{task.name}`: {kind}.")
    return found


def known_family(task: Task) -> Family | None:
    """As `family_of`, or `None` of a task that belongs to none, which a library may still solve.

    **Raises:** `ValueError` if it names one that is not there, or if it has to name one.
    """
    if task.family is not None:
        return family_named(task.family)
    kind = type(eqx.filter_eval_shape(initial_scene, task))
    found = [family for family in families().values() if kind in family.scenes]
    if len(found) > 1:
        names = ", ".join(f"`{family.name}`" for family in found)
        raise ValueError(
            f"`{task.name}` builds a {kind.__name__}, which {names} have; name one of them: "
            "`Task(family=...)`."
        )
    return found[0] if found else None


def family_of_header(header: Mapping[str, Any]) -> Family:
    """The family of a weights file.

    **Raises:** `ValueError` if its header names none that is known.
    """
    name = header.get("family", header.get("kind"))
    if not isinstance(name, str):
        raise ValueError(f"The model is of unknown kind {name!r}.")
    return family_named(name)


def build_simulator(header: dict[str, Any]) -> Any:
    """A simulator with the shapes that a weights file's header describes, weights untrained.

    **Raises:** `ValueError` if the header describes no known kind of model.
    """
    return family_of_header(header).models.build(header)


def trainings() -> Mapping[str, AbstractTraining]:
    """What can be trained, by the names that a configuration may give."""
    return {
        name: family.training
        for family in families().values()
        if family.training is not None
        for name in (family.name, *family.aliases)
    }


def find_source(name: str) -> type[AbstractSource]:
    """What generates the data of a name, or those of the family of an alias.

    **Raises:** `ValueError` with the nearest names if there is none.
    """
    found = {key: source for each in families().values() for key, source in each.sources.items()}
    for family in families().values():
        usual = next(iter(family.sources.values()), None)
        found |= {alias: usual for alias in family.aliases if usual and alias not in found}
    if name not in found:
        known = [key for each in families().values() for key in each.sources]
        raise ValueError(unknown_name("data set", name, known))
    return found[name]


def load_config(path: str | Path) -> TrainingConfig:
    """A training configuration of a registered family.

    **Raises:** `ValueError` as `read_config` does.
    """
    return read_config(path, trainings())
