"""The workers of a Ray cluster, which come and go, as a pool."""

import dataclasses
import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ....io._sealed import fingerprint
from ._base import AbstractPool, Tell
from ._inputs import inputs_of
from ._messages import Began, Died, Event, Failed, Finished, Order
from ._outpost import Facts, Outpost, versions
from ._parcel import Parcel, packed, unpack

_START = 300.0  # seconds, for the first worker: a cluster may have to start a machine
_LISTEN = 2.0  # seconds that a worker waits for news before it says that there are none
_CLOSE = 5.0


@dataclasses.dataclass(frozen=True)
class Terms:
    """What each worker gets: see `RayWorkers`."""

    address: str
    threads: int
    devices: float
    programs: int
    memory: float


@dataclasses.dataclass
class _Post:
    """A worker of the cluster, and the order that it is at.

    **Arguments:** `actor`: Ray's handle; `machine`, `cores`: where it is, once that is known.
    """

    actor: Any
    machine: str = ""
    host: str = ""
    cores: tuple[int, ...] = ()
    order: Order | None = None
    begun: bool = False


class RayPool(AbstractPool):
    """Keeps a number of workers on a cluster.

    **Arguments:** `ray`: the library, connected; `wanted`: how many workers.
    """

    def __init__(self, ray: Any, terms: Terms, wanted: int):
        self.ray, self.terms = ray, terms
        self.starting: dict[Any, _Post] = {}
        self.free: list[_Post] = []
        self.busy: dict[Any, _Post] = {}
        self.inputs: dict[str, Any] = {}
        self._actors = ray.remote(Outpost).options(
            num_cpus=terms.threads,
            num_gpus=terms.devices,
            max_restarts=0,
            max_task_retries=0,
        )
        for _ in range(wanted):
            self._start()

    @property
    def size(self) -> int:
        return len(self.free) + len(self.busy)

    def _start(self) -> None:
        """Ask for a worker; Ray gives it when it has room."""
        post = _Post(self._actors.remote())
        self.starting[post.actor.facts.remote()] = post

    def wait(self) -> None:
        """Wait for the first worker.

        **Raises:** `ValueError` if none comes, or none of them can be used.
        """
        while not self.free:
            ready, _ = self.ray.wait(list(self.starting), timeout=_START)
            if not ready:
                raise ValueError(
                    f"The Ray cluster at `{self.terms.address}` gave no worker with "
                    f"{self.terms.threads} CPUs and {self.terms.devices:g} GPUs within "
                    f"{_START:.0f} seconds."
                )
            self._came(ready[0])
            if not (self.free or self.starting):
                raise ValueError(
                    f"The Ray cluster at `{self.terms.address}` has no machine with "
                    f"{self.terms.threads} cores for a worker."
                )

    def _came(self, ref: Any) -> None:
        """A worker has said where it is; it is left out where cores do not suffice for it."""
        post = self.starting.pop(ref)
        try:
            facts: Facts = self.ray.get(ref)
        except self.ray.exceptions.RayActorError:
            self._start()
            return
        except self.ray.exceptions.RayError as error:
            raise ValueError(f"A worker of the Ray cluster cannot begin: {_said(error)}") from error
        # Several nodes, or containers, may be of one machine.
        taken = {core for each in self._posts if each.machine == facts.boot for core in each.cores}
        cores = self._cores(facts, taken)
        if not cores:
            self.ray.kill(post.actor)
            return
        post.machine, post.host, post.cores = facts.boot, facts.host, cores
        share = self.terms.memory / max(1, len(facts.cores) // len(cores))
        post.actor.settle.remote(cores, self.terms.programs, share)
        self.free.append(post)

    def _cores(self, facts: Facts, taken: set[int]) -> tuple[int, ...]:
        """Cores for one more worker on a machine; none if they do not suffice.

        **Raises:** `ValueError` if the machine has other versions than this one.
        """
        own = versions()
        for name, version in facts.versions.items():
            if version != own[name]:
                raise ValueError(
                    f"`{facts.host}` of the Ray cluster has {name} {version}, this machine "
                    f"{own[name]}; install the same one there."
                )
        free = [core for core in facts.cores if core not in taken]
        return tuple(free[: self.terms.threads]) if len(free) >= self.terms.threads else ()

    @property
    def _posts(self) -> list[_Post]:
        return [*self.free, *self.busy.values()]

    def submit(self, order: Order) -> None:
        post = self.free.pop(0)
        post.order, post.begun = order, False
        folder = Path(order.folder)
        there = not order.check and folder.is_dir()
        run = packed(folder, {})[0] if there else Parcel({})
        sent = msgspec.json.encode(msgspec.structs.replace(order, folder=""))
        post.actor.submit.remote(sent, run, self._inputs(order.config))
        self._listen(post)

    def _listen(self, post: _Post) -> None:
        self.busy[post.actor.poll.remote(_LISTEN)] = post

    def _inputs(self, config: Mapping[str, Any]) -> Any:
        """Files that a configuration names, in the object store once for all runs that do."""
        contents = inputs_of(config)
        key = fingerprint({name: _checksums(files) for name, files in contents.items()})
        if key not in self.inputs:
            self.inputs[key] = self.ray.put(contents)
        return self.inputs[key]

    def poll(self, seconds: float, tell: Tell) -> None:
        refs = [*self.busy, *self.starting]
        if not refs:
            time.sleep(min(seconds, 0.1))
            return
        ready, _ = self.ray.wait(refs, num_returns=1, timeout=seconds)
        for ref in ready:
            if ref in self.starting:
                self._came(ref)
            else:
                self._heard(ref, tell)

    def _heard(self, ref: Any, tell: Tell) -> None:
        """Write what a worker has sent, then tell what it says."""
        post = self.busy.pop(ref)
        assert post.order is not None
        try:
            events, parcel = self.ray.get(ref)
        except self.ray.exceptions.RayError as error:
            self._lost(post, error, tell)
            return
        if parcel is not None:
            unpack(Path(post.order.folder), parcel)
        ended = False
        for event in (msgspec.json.decode(each, type=Event) for each in events):
            post.begun |= isinstance(event, Began)
            if isinstance(event, Finished | Failed | Died):
                post.order, ended = None, True
            tell(event)
        if ended:
            self.free.append(post)
        else:
            self._listen(post)

    def _lost(self, post: _Post, error: Exception, tell: Tell) -> None:
        """A worker is no more, with whatever machine it was on; another one is asked for."""
        assert post.order is not None
        self.ray.kill(post.actor)
        self._start()
        reason = f"its worker on `{post.host}` is lost"
        tell(Died(post.order.name, reason, _said(error), post.begun))

    def end(self) -> None:
        """Leave no worker behind."""
        posts = [*self._posts, *self.starting.values()]
        closing = [post.actor.close.remote() for post in self._posts]
        self.ray.wait(closing, num_returns=len(closing), timeout=_CLOSE) if closing else None
        for post in posts:
            self.ray.kill(post.actor)


def _checksums(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def _said(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
