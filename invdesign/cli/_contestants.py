"""The runs of a comparison: every optimizer from every seed, on one budget."""

import dataclasses
from collections.abc import Collection
from typing import Any

from ..studies import RunConfig, resolve
from ..studies._comparison._rows import RANDOM
from ..studies._optimizers import KNOBS, find_optimizer
from ..studies._registry import FoundTask
from ..studies._run_resolved import check_resolved
from ._output import remark


def contestants(
    typed: str | None, found: FoundTask, config: RunConfig, seeds: int
) -> dict[str, RunConfig]:
    """Configurations by the names of their directories; random search is always among them.

    **Arguments:** `typed`: names, separated by commas; by default what `run` takes for the task,
    CEM and CMA-ES; `config`: what all share. A setting goes to the optimizers that honor it.

    **Raises:** `ValueError` as `resolve` does, with a setting that none of them honors among it.
    """
    if typed is None:
        usual = resolve(dataclasses.replace(config, learning_rate=None), found=found).optimizer
        typed = f"{usual},cem,cmaes"
    names = list(dict.fromkeys(name.strip() for name in typed.split(",") if name.strip()))
    if not names:
        raise ValueError("`compare` needs at least one optimizer, got none.")
    resolved = resolve(config, found=found, optimizers=names)
    if RANDOM not in names:
        names.append(RANDOM)
        remark([f"`{RANDOM}` is made, too, beside which all others are seen"])
    gradient_only = resolved.family.descent.gradient_only
    fitting = {name: _fitting(config, name, gradient_only) for name in names}
    for each in fitting.values():
        check_resolved(dataclasses.replace(resolved, config=each))
    return {
        f"{name}-{seed}": dataclasses.replace(each, seed=seed)
        for name, each in fitting.items()
        for seed in range(seeds)
    }


def _fitting(config: RunConfig, name: str, gradient_only: Collection[str]) -> RunConfig:
    """The configuration with what an optimizer honors of it."""
    honored = find_optimizer(name).options
    knobs: dict[str, Any] = {knob: None for knob in KNOBS if knob not in honored}
    options = {
        key: value
        for key, value in config.options.items()
        if "gradient" in honored or key not in gradient_only
    }
    return dataclasses.replace(config, optimizer=name, options=options, **knobs)
