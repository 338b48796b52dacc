"""A run on disk, from which it goes on bit by bit."""

import json
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._types import PRNGKeyArray
from ..io import read_npz, write_npz
from ._history import COLUMNS, History
from ._progress import Phase, Progress, init_state

_FORMAT = 2


def _key_data(key: PRNGKeyArray) -> np.ndarray:
    typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(key) if typed else key)


class Checkpoint(eqx.Module):
    """The file of a run and what identifies the run.

    Arrays are stored as they are, counters as JSON: nothing is rounded and nothing pickled.

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
        meta = {
            "format": _FORMAT,
            "fingerprint": self.fingerprint,
            "num_growths": progress.num_growths,
            "phase": progress.phase,
            "phase_start": progress.phase_start,
            "done": progress.done,
            "dead": progress.dead,
            "failures": progress.failures,
            "num_leaves": len(leaves),
        }
        arrays = {f"leaf_{i}": leaf for i, leaf in enumerate(leaves)}
        history = History.from_rows(progress.rows)
        arrays |= {f"history_{name}": history[name] for name in COLUMNS}
        arrays |= {"key": _key_data(self.key), "initial": self.initial}
        arrays |= {"champion": progress.champion, "constraints": progress.constraints}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(self.path, meta=np.asarray(json.dumps(meta)), **arrays)

    def load(self, problem: Any, schedule: tuple[Phase, ...]) -> Progress | None:
        """The stored progress, or `None` if there is none yet.

        **Raises:** `ValueError` if the file is damaged or belongs to another run.
        """
        if self.path is None or not self.path.exists():
            return None
        arrays = read_npz(self.path)
        try:
            meta = json.loads(str(arrays["meta"]))
            self._check(meta, arrays)
            return self._restore(meta, arrays, problem, schedule)
        except (KeyError, json.JSONDecodeError, TypeError) as error:
            raise ValueError(f"`{self.path}` is not a checkpoint of `solve`.") from error

    def _check(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if meta["format"] != _FORMAT:
            raise ValueError(
                f"`{self.path}` has the checkpoint format {meta['format']}, this version reads "
                f"{_FORMAT}; continue with the version that wrote it."
            )
        for what, same in (
            ("configuration", meta["fingerprint"] == self.fingerprint),
            ("key", np.array_equal(arrays["key"], _key_data(self.key))),
            ("initial latent", np.array_equal(arrays["initial"], self.initial)),
        ):
            if not same:
                self._refuse(f"another {what}")

    def _refuse(self, what: str) -> None:
        raise ValueError(f"`{self.path}` holds a run with {what}; choose another checkpoint.")

    def _restore(
        self,
        meta: dict[str, Any],
        arrays: dict[str, np.ndarray],
        problem: Any,
        schedule: tuple[Phase, ...],
    ) -> Progress:
        index = meta["phase"]
        if index >= len(schedule):
            self._refuse("another optimizer")
        template = init_state(schedule[index], index, self.initial, self.key)
        slots, structure = jax.tree.flatten(template)
        leaves = [arrays[f"leaf_{i}"] for i in range(meta["num_leaves"])]
        if [_kind(x) for x in leaves] != [_kind(x) for x in slots]:
            self._refuse("another optimizer")
        leaves = [
            jnp.asarray(x) if isinstance(slot, jax.Array) else x
            for x, slot in zip(leaves, slots, strict=True)
        ]
        for _ in range(meta["num_growths"]):
            problem = problem.grow(2)
        return Progress(
            problem=problem,
            num_growths=meta["num_growths"],
            phase=index,
            phase_start=meta["phase_start"],
            optimizer_state=jax.tree.unflatten(structure, leaves),
            done=meta["done"],
            champion=arrays["champion"],
            constraints=arrays["constraints"],
            rows=tuple(History({n: arrays[f"history_{n}"] for n in COLUMNS}).rows()),
            dead=meta["dead"],
            failures=meta["failures"],
        )


def _kind(x: Any) -> tuple[Any, ...]:
    return np.shape(x), np.dtype(x.dtype)
