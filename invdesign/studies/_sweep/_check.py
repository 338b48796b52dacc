"""Whether the configurations of a study can be run, before anything is written."""

from collections.abc import Mapping
from typing import Any

from ._estimate import kind_of
from ._executors._base import AbstractPool
from ._executors._messages import Died, Event, Failed, Finished, Order

_MOST = 50  # beyond, a configuration that cannot be run is a run that fails


def check_runs(pool: AbstractPool, runs: Mapping[str, Mapping[str, Any]]) -> None:
    """Look at one run of each kind; seeds aside, all of a kind are alike.

    **Raises:** `ValueError` naming a run and what is wrong with its configuration.
    """
    kinds: dict[str, str] = {}
    for name, config in runs.items():
        kinds.setdefault(kind_of(config), name)
    for name in list(kinds.values())[:_MOST]:
        told: list[Event] = []
        pool.submit(Order(name, "", dict(runs[name]), check=True))
        while not any(isinstance(event, Finished | Failed | Died) for event in told):
            pool.poll(1.0, told.append)
        # A worker that died of it says nothing on the others: the run will tell.
        if isinstance(told[-1], Failed):
            raise ValueError(f"The run `{name}` cannot be made: {told[-1].reason}")
