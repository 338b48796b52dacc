"""Runs made on the machines of a Ray cluster, none of which needs the head's disk."""

import contextlib
import dataclasses
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...._checks import checked_count, checked_number
from ...._extras import find_extra
from ._base import AbstractExecutor, AbstractPool
from ._local import PROGRAMS
from ._ray_pool import RayPool, Terms

LOCAL, AUTO = "local", "auto"
_CLIENT = "ray://"
_PATIENCE = 5.0  # seconds, for an address to answer
# Of a cluster that is started here; by default its workers would give way to everybody else.
_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
_QUIET = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": False}


@dataclasses.dataclass(frozen=True)
class RayWorkers(AbstractExecutor):
    """Makes runs on a Ray cluster, each on cores and devices of its own.

    Machines need the same versions of invdesign and JAX, and no disk in common: a worker is sent
    the configuration and the files that it names, and sends back what the run writes, at least
    every half minute, which the head writes down. Machines may come and go; a run whose
    machine is lost goes on elsewhere from what the head has.

    **Arguments:**

    - `address`: of the cluster, `HOST:PORT` or `ray://HOST:PORT`; `auto` for the one that this
      machine is part of; `local` for one that lasts as long as the sweep.
    - `workers`: runs made at a time; by default as many as the cluster has room for at the start.
    - `threads`: cores of each.
    - `devices`: accelerators of each; a fraction where several runs share one.
    - `programs`, `memory`: as in `LocalWorkers`.

    **Raises:** `ValueError` if a number is out of its range.
    """

    address: str = LOCAL
    workers: int | None = None
    threads: int = 1
    devices: float = 0.0
    programs: int = PROGRAMS
    memory: float = 0.8

    def __post_init__(self):
        checked_count(self.workers, "workers", "RayWorkers", optional=True)
        checked_count(self.threads, "threads", "RayWorkers")
        checked_number(self.devices, "devices", "RayWorkers", least=0)
        checked_count(self.programs, "programs", "RayWorkers")
        checked_number(self.memory, "memory", "RayWorkers", above=0, most=1)

    @contextlib.contextmanager
    def open(self, logs: Path) -> Iterator[AbstractPool]:
        with self._cluster() as ray:
            pool = RayPool(ray, self._terms, self._room(ray))
            try:
                pool.wait()
                yield pool
            finally:
                pool.end()

    @property
    def _terms(self) -> Terms:
        return Terms(self.address, self.threads, self.devices, self.programs, self.memory)

    @contextlib.contextmanager
    def _cluster(self) -> Iterator[Any]:
        """Ray, connected; what was connected before stays so.

        **Raises:** `ValueError` if it is not installed, or there is no cluster at the address.
        """
        ray = find_extra("ray", "ray")
        if ray.is_initialized():
            yield ray
            return
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        _check_address(self.address)
        own = {"num_cpus": len(os.sched_getaffinity(0)), "include_dashboard": False}
        given = own if self.address == LOCAL else {}
        try:
            ray.init(self.address, **given, **_QUIET)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise ValueError(
                f"There is no Ray cluster at `{self.address}` that this process can join "
                f"({_first_line(error)})."
            ) from error
        try:
            yield ray
        finally:
            ray.shutdown()

    def _room(self, ray: Any) -> int:
        """Runs that are to be made at a time.

        **Raises:** `ValueError` if the cluster has no room for one.
        """
        there = ray.cluster_resources()
        room = int(there.get("CPU", 0) // self.threads)
        if self.devices:
            room = min(room, int(there.get("GPU", 0) / self.devices + 1e-9))
        if self.workers is not None:
            return self.workers
        if room < 1:
            raise ValueError(
                f"The Ray cluster at `{self.address}` has {there.get('CPU', 0):g} CPUs and "
                f"{there.get('GPU', 0):g} GPUs, too few for `threads` {self.threads} and "
                f"`devices` {self.devices:g}."
            )
        return room


def _check_address(address: str) -> None:
    """Refuse an address where nobody listens, for which Ray would wait much longer.

    **Raises:** `ValueError` saying so.
    """
    if address in (LOCAL, AUTO):
        return
    host, colon, port = address.removeprefix(_CLIENT).rpartition(":")
    if not (colon and host and port.isdigit()):
        raise ValueError(
            f"`{address}` is no address of a Ray cluster; write HOST:PORT, `auto` or `local`."
        )
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise ValueError(f"There is no Ray cluster at `{address}` ({error}).") from error


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
