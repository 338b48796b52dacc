"""Orders carried out in this process, one after the other."""

import dataclasses
import os
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import msgspec

from ...._blame import reason
from ...._version import __version__
from ....io._run_directory import read_run_directory, set_aside
from ....io._sealed import fingerprint
from ..._config import RunConfig
from ..._resolve import Resolved, resolve
from ..._run import Watch
from ..._run_resolved import check_resolved, run_resolved
from .._run_status import Place
from ._base import Tell
from ._inputs import as_said, localized
from ._messages import Began, Failed, Finished, Moved, Order

_SUMMARY = (
    "score_initial", "score", "reference_score_mean", "reference_score_std", "value", "iterations",
    "simulator_steps", "gradient_steps", "charged_steps", "seconds", "reason",
)  # fmt: skip
_LONGEST = 20_000  # of a traceback


class Performer:
    """Carries out orders; runs that differ in their seeds alone share what they are made of."""

    def __init__(self):
        self.key: str | None = None
        self.shared: Resolved | None = None

    def __call__(self, order: Order, tell: Tell) -> None:
        """Carry out an order and tell how it goes; never raises what a run does."""
        tell(Began(order.name, place()))
        try:
            result = self._checked(order) if order.check else self._run(order, tell)
        except (Exception, SystemExit) as error:
            said = str(error) if isinstance(error, ValueError) else reason(error)
            detail = "".join(traceback.format_exception(error))[-_LONGEST:]
            tell(Failed(order.name, said or type(error).__name__, detail))
        else:
            tell(Finished(order.name, result))

    def _resolved(self, order: Order) -> Resolved:
        config = msgspec.convert(order.config, RunConfig)
        key = fingerprint({**order.config, "seed": 0, "places": order.places})
        if self.shared is None or self.key != key:
            found = resolve(localized(config, order.places))
            self.shared, self.key = as_said(found, config, order.places), key
        return dataclasses.replace(self.shared, config=config)

    def _checked(self, order: Order) -> dict[str, Any]:
        check_resolved(self._resolved(order))
        return {}

    def _run(self, order: Order, tell: Tell) -> dict[str, Any]:
        resolved, folder = self._resolved(order), Path(order.folder)
        if order.renew:
            _renew(folder, resolved)
        watch = _watch(order.name, resolved, tell)
        result = run_resolved(folder, resolved, pictures=order.pictures, watch=watch)
        return {name: result[name] for name in _SUMMARY}


def _renew(folder: Path, resolved: Resolved) -> None:
    """Move a run that failed out of the way if this is another one, or it cannot be read."""
    wanted = fingerprint(resolved.configuration(resolved.player()))
    try:
        found = read_run_directory(folder)
    except ValueError:
        set_aside(folder)
        return
    if found.version != __version__ or fingerprint(found.configuration) != wanted:
        set_aside(folder)


def _watch(name: str, resolved: Resolved, tell: Tell) -> Watch:
    """Tells a head of phases and iterations."""
    effort = resolved.effort
    at = {"phase": "", "iterations": 0, "share": 0.0}

    def told(**news: Any) -> None:
        at.update(news)
        tell(Moved(name, **at))

    def row(row: Mapping[str, Any]) -> None:
        made = row["iteration"] + 1
        shares = [made / effort.steps] if effort.steps else []
        shares += [row["charged_steps"] / effort.budget] if effort.budget else []
        told(iterations=made, share=float(min(1.0, max(shares))))

    return Watch(lambda phase: told(phase=phase), row)


def place() -> Place:
    """Where this process runs."""
    return Place(_processor(), len(os.sched_getaffinity(0)))


def _processor() -> str:
    """The processor's name, or the device that JAX runs on instead."""
    if jax.default_backend() != "cpu":
        return jax.devices()[0].device_kind
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else os.uname().machine
