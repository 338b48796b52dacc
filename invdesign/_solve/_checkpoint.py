"""A run on disk, from which it goes on bit by bit."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import msgspec
import numpy as np
from msgspec import Meta

from .._types import PRNGKeyArray
from ..io._arrays import ArraySchema, check_arrays
from ..io._atomic import make_folder
from ..io._npz import read_npz, write_npz
from ..io._schema import Count, as_record, check_format
from ._history import COLUMNS, History, check_history
from ._progress import Phase, Progress, entries_of, init_state, stacked

_FORMAT = 3
_MOST_GROWTHS = 32  # each doubles a capacity
_KINDS = {int: "iu", float: "f", str: "U"}
_ARRAYS = {
    "key": ArraySchema("*word", "iu"),
    "initial": ArraySchema("latent"),
    "champion": ArraySchema("latent"),
    "champions": ArraySchema("*iteration latent"),
    "constraints": ArraySchema("*constraint", finite=False),  # unknown before the first success
} | {
    f"history_{name}": ArraySchema(
        "*iteration", _KINDS[column.kind], optional=name == "outcome", finite=False
    )
    for name, column in COLUMNS.items()
}


class _Counters(msgspec.Struct, forbid_unknown_fields=True):
    """What a checkpoint holds besides arrays."""

    format: int
    fingerprint: str
    num_growths: Annotated[int, Meta(ge=0, le=_MOST_GROWTHS)]
    phase: Count
    phase_start: Count
    done: bool
    dead: Count
    failures: Count
    num_leaves: Count


def _key_data(key: PRNGKeyArray) -> np.ndarray:
    typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(key) if typed else key)


class Checkpoint(eqx.Module):
    """The file of a run and what identifies the run.

    Arrays are stored as they are, counters as JSON: nothing is rounded and nothing pickled. One
    file holds all that a run needs to go on, so that no kill can leave two that do not agree.

    **Arguments:** `path`: an `.npz` file, or the folder of `solve.npz`; `None` stores nothing.
    `fingerprint`, `key`, `initial`: what has to be equal for a run to be continued.
    """

    path: Path | None
    fingerprint: str
    key: PRNGKeyArray
    initial: np.ndarray

    def save(self, progress: Progress) -> None:
        """Replace the file by `progress`, atomically."""
        if self.path is None:
            return
        leaves = [np.asarray(x) for x in jax.tree.leaves(progress.optimizer_state)]
        counters = _Counters(
            format=_FORMAT,
            fingerprint=self.fingerprint,
            num_growths=progress.num_growths,
            phase=progress.phase,
            phase_start=progress.phase_start,
            done=progress.done,
            dead=progress.dead,
            failures=progress.failures,
            num_leaves=len(leaves),
        )
        meta = msgspec.structs.asdict(counters)
        arrays = {f"leaf_{i}": leaf for i, leaf in enumerate(leaves)}
        history = History.from_rows(progress.rows)
        arrays |= {f"history_{name}": history[name] for name in COLUMNS}
        arrays |= {"key": _key_data(self.key), "initial": self.initial}
        arrays |= {"champion": progress.champion, "champions": stacked(progress)}
        arrays |= {"constraints": progress.constraints}
        write_npz(self.path, meta=np.asarray(json.dumps(meta)), **arrays)

    def load(self, problem: Any, schedule: tuple[Phase, ...]) -> Progress | None:
        """The stored progress, or `None` if there is none yet.

        **Raises:** `ValueError` if the file is damaged or belongs to another run.
        """
        if self.path is None:
            return None
        if not os.path.lexists(self.path):
            make_folder(self.path.parent)  # now or never: a run whose folder is removed ends
            return None
        arrays = read_npz(self.path)
        if "meta" not in arrays:
            raise ValueError(f"`{self.path}` is not a checkpoint of `solve`.")
        meta = self._counters(arrays)
        self._check(meta, arrays)
        return self._restore(meta, arrays, problem, schedule)

    def _counters(self, arrays: dict[str, np.ndarray]) -> _Counters:
        assert self.path is not None
        try:
            raw = msgspec.json.decode(str(arrays["meta"]))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"`{self.path}` is not a checkpoint of `solve`.") from error
        check_format(self.path, raw, _FORMAT)
        return as_record(raw, _Counters, path=self.path, at="$.meta")

    def _check(self, meta: _Counters, arrays: dict[str, np.ndarray]) -> None:
        for what, same in (
            ("configuration", meta.fingerprint == self.fingerprint),
            ("key", np.array_equal(arrays.get("key", ()), _key_data(self.key))),
            ("initial latent", np.array_equal(arrays.get("initial", ()), self.initial)),
        ):
            if not same:
                self._refuse(f"another {what}")

    def _refuse(self, what: str) -> None:
        raise ValueError(f"`{self.path}` holds a run with {what}; choose another checkpoint.")

    def _restore(
        self,
        meta: _Counters,
        arrays: dict[str, np.ndarray],
        problem: Any,
        schedule: tuple[Phase, ...],
    ) -> Progress:
        assert self.path is not None
        if meta.phase >= len(schedule):
            self._refuse("another optimizer")
        template = init_state(schedule[meta.phase], meta.phase, self.initial, self.key)
        slots, structure = jax.tree.flatten(template)
        leaves = [arrays.get(f"leaf_{i}") for i in range(meta.num_leaves)]
        if [_kind(x) for x in leaves] != [_kind(x) for x in slots]:
            self._refuse("another optimizer")
        leaves = [
            jnp.asarray(x) if isinstance(slot, jax.Array) else x
            for x, slot in zip(leaves, slots, strict=True)
        ]
        arrays = check_arrays(self.path, arrays, _ARRAYS)
        if len(arrays["constraints"]) != len(entries_of(problem)):
            self._refuse("other constraints")
        stored = {n: arrays[f"history_{n}"].tolist() for n in COLUMNS if f"history_{n}" in arrays}
        rows = [dict(zip(stored, row, strict=True)) for row in zip(*stored.values(), strict=True)]
        rows = tuple(check_history(self.path, History.from_rows(rows)).rows())
        for _ in range(meta.num_growths):
            problem = problem.grow(2)
        return Progress(
            problem=problem,
            num_growths=meta.num_growths,
            phase=meta.phase,
            phase_start=meta.phase_start,
            optimizer_state=jax.tree.unflatten(structure, leaves),
            done=meta.done,
            champion=arrays["champion"],
            constraints=arrays["constraints"],
            rows=rows,
            dead=meta.dead,
            failures=meta.failures,
            champions=tuple(arrays["champions"]),
        )


def _kind(x: Any) -> tuple[Any, ...] | None:
    return None if x is None else (np.shape(x), np.dtype(x.dtype))
