"""Names to optimizers; nowhere else does a string choose one."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..._problem import Problem
from ...io._manifest import unknown_name
from ...optimizers import AbstractOptimizer, Then
from . import _descents as descents, _samplers as samplers
from ._effort import Effort

Optimizer = AbstractOptimizer | Then
CONTROL = "-random"  # what follows the name of a gradient method that is told of random directions


@dataclasses.dataclass(frozen=True)
class Entry:
    """An optimizer that a name chooses.

    **Arguments:** `build`: makes it for a problem; `options`: that it honours, `gradient` standing
    for all that concern gradients alone; `control`: whether a random direction of the same norm
    takes the place of each gradient.
    """

    build: Callable[[Problem, Effort], Optimizer]
    options: frozenset[str]
    control: bool = False


_GRADIENT = frozenset({"gradient"})
_DESCENT = _GRADIENT | {"learning_rate"}
_POPULATION = frozenset({"population"})
_SAMPLING = _POPULATION | {"std"}
_ELITIST = _SAMPLING | {"elites"}

OPTIMIZERS: Mapping[str, Entry] = {
    "adam": Entry(descents.adam, _DESCENT),
    "coupled-adam": Entry(descents.coupled, _DESCENT),
    "smoothed-adam": Entry(descents.smoothed, _DESCENT),
    "sgd": Entry(descents.sgd, _DESCENT),
    "lbfgs": Entry(descents.lbfgs, _DESCENT),
    "bfgs": Entry(descents.bfgs, _DESCENT),
    "slsqp": Entry(descents.slsqp, _GRADIENT),
    "local-cmaes": Entry(samplers.local_cmaes, _SAMPLING),
    "gradient-cmaes": Entry(samplers.gradient_cmaes, _GRADIENT | _SAMPLING),
    "guided-es": Entry(samplers.guided_es, _DESCENT | _SAMPLING),
    "raced-cmaes": Entry(samplers.raced_cmaes, _SAMPLING),
    "raced-cem": Entry(samplers.raced_cem, _ELITIST),
    "cem": Entry(samplers.cem, _ELITIST),
    "cmaes": Entry(samplers.cmaes, _SAMPLING),
    "modes-cmaes": Entry(samplers.modes_cmaes, _SAMPLING),
    "random": Entry(samplers.random, _POPULATION),
    "multistart-adam": Entry(descents.multistart, _DESCENT | _POPULATION),
    "cem-adam": Entry(samplers.cem_adam, _DESCENT | _ELITIST),
    "cmaes-adam": Entry(samplers.cmaes_adam, _DESCENT | _SAMPLING),
    "modes-cmaes-adam": Entry(samplers.modes_cmaes_adam, _DESCENT | _SAMPLING),
}


def find_optimizer(name: str) -> Entry:
    """The entry of a name, or of the control of one, `coupled-adam-random`.

    **Raises:** `ValueError` with the nearest names if there is no such optimizer, or if the control
    is wanted of one that uses no gradients.
    """
    if name in OPTIMIZERS:
        return OPTIMIZERS[name]
    plain = name.removesuffix(CONTROL)
    if plain == name or plain not in OPTIMIZERS:
        raise ValueError(unknown_name("optimizer", name, OPTIMIZERS))
    entry = OPTIMIZERS[plain]
    if "gradient" not in entry.options:
        raise ValueError(
            f"`{name}` would be `{plain}` with random directions in place of gradients, of which "
            "it uses none; leave `-random` out, or take it of a method with gradients."
        )
    return dataclasses.replace(entry, control=True)


def honors(name: Any, option: str) -> bool:
    """Whether there is an optimizer of that name and it honours an option."""
    try:
        return option in find_optimizer(name).options
    except ValueError:
        return False


def refuse_unused(names: Sequence[str], **given: Any) -> None:
    """Refuse options that none of the optimizers honours.

    **Arguments:** `given`: options by name, `None` where they were left out.

    **Raises:** `ValueError` naming the option, or as `find_optimizer` does.
    """
    honored = frozenset().union(*(find_optimizer(name).options for name in names))
    for option, value in given.items():
        if value is None or option in honored:
            continue
        _refuse_without_effect(option, option, names)


def refuse_without_gradient(names: Sequence[str], options: Iterable[str]) -> None:
    """Refuse options that concern gradients alone where no optimizer takes any.

    **Raises:** `ValueError` naming the option.
    """
    if not any("gradient" in find_optimizer(name).options for name in names):
        for option in options:
            _refuse_without_effect(option, "gradient", names)


def _refuse_without_effect(option: str, kind: str, names: Sequence[str]) -> None:
    able = ", ".join(name for name, entry in OPTIMIZERS.items() if kind in entry.options)
    chosen = ", ".join(f"`{name}`" for name in names)
    raise ValueError(
        f"`--{option.replace('_', '-')}` has no effect on {chosen}; leave it out, or take one "
        f"of {able}."
    )
