"""Training of a simulator: one command, resumed as often as needed."""

import bisect
import concurrent.futures
import csv
import io
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._digest import digest_fields
from .._simulator import AbstractSimulator
from ..io import save_weights
from ..io._atomic import write_text
from ..io._reading import read_text
from ._config import TrainingConfig
from ._course import Stage
from ._shards import read_metadata
from ._state import load_state, save_state
from ._training_files import claim_training, read_metrics
from ._update import gathered, initial_state, learning_rate, replicated

_COLUMNS = ("step", "loss", "left_out", "learning_rate")
_LOG_EVERY = 100
_SAVE_SECONDS = 120.0


class TrainingRun:
    """A training run in a directory; `run` goes on until its configuration's last step.

    The directory holds `config.json`, `state.npz` (parameters, moments, average, step: a killed
    run resumes to the identical result), `metrics.csv`, `last.safetensors` and
    `best.safetensors` (by what is held out).

    A configuration with further stages at its end goes on with the directory of the shorter one.

    **Arguments:**

    - `start`: the simulator whose weights and units the run begins with, the one that
      `config.start` names; fresh weights and the data's units by default.
    - `further`: data sets to learn from beside the first one, which alone judges.

    **Raises:** `ValueError` if the directory holds a run of another configuration or from
    another start, or if the start is of another size than the configuration's model.
    """

    def __init__(
        self,
        config: TrainingConfig,
        data: str | Path,
        out: str | Path,
        *,
        start: AbstractSimulator | None = None,
        further: Sequence[str | Path] = (),
    ):
        self.config, self.out = config, Path(out)
        self.course = config.world.course(config, data, start=start, further=further)
        self._claim(further)
        self.stages = self.course.stages()
        self.columns = (*_COLUMNS, *self.course.columns, "seconds")
        self.state = initial_state(config, self.course.network())
        self.rows: list[dict[str, Any]] = []
        self._restore()
        self.state = replicated(self.state)

    def run(
        self,
        *,
        until: int | None = None,
        progress: Callable[[dict[str, Any]], None] = lambda row: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Train until the last step (or `until`, or `stop()`); returns the last row of metrics."""
        last = self.config.num_steps if until is None else min(until, self.config.num_steps)
        start = time.monotonic() - (self.rows[-1]["seconds"] if self.rows else 0.0)
        saved, losses, index = time.monotonic(), [], int(self.state.step)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            ahead = [pool.submit(self._batch, index + i) for i in range(4)]
            while index < last and not stop():
                batch = ahead.pop(0).result()
                ahead.append(pool.submit(self._batch, index + 4))
                self.state, values = self.stage(index).update(self.state, batch)
                index += 1
                losses.append(values)
                judged = self._is_judged(index)
                if judged or index % _LOG_EVERY == 0:
                    row = self._row(index, losses, time.monotonic() - start, judged)
                    losses = []
                    self.rows.append(row)
                    progress(row)
                due = judged or time.monotonic() - saved > _SAVE_SECONDS
                if due and not losses:  # rows and state have to speak of the same step
                    self._save()
                    saved = time.monotonic()
            for future in ahead:
                future.cancel()
        if not losses:
            self._save()
        return self.rows[-1] if self.rows else {}

    def simulator(self, network: Any = None) -> Any:
        """The simulator around the averaged weights (or `network`)."""
        network = self.state.average if network is None else network
        return self.course.simulator(gathered(network))

    def stage(self, step: int) -> Stage:
        """The stage that takes step number `step`, from zero."""
        return self.stages[self._stage_index(step)]

    def _stage_index(self, step: int) -> int:
        # Batches are prepared a few steps ahead, past the end of the last stage.
        return min(bisect.bisect_right(self.config.ends, step), len(self.stages) - 1)

    def _is_judged(self, index: int) -> bool:
        """Whether held-out rollouts follow update number `index`, from one."""
        number = self._stage_index(index - 1)
        schedule, end = self.config.stages[number], self.config.ends[number]
        since = index - (end - schedule.steps)
        return since % schedule.evaluate_every == 0 or index == end

    def _batch(self, step: int) -> Any:
        sampler = self.stage(step).sampler
        parts = [sampler.batch(step, device) for device in range(jax.local_device_count())]
        return jax.tree.map(lambda *x: np.stack(x), *parts)

    def _row(self, index: int, losses: list, seconds: float, judged: bool) -> dict[str, Any]:
        rate = learning_rate(self.config)(index - 1)  # of the last update
        row: dict[str, Any] = dict.fromkeys(self.columns)
        loss, left_out = np.mean(jax.device_get(losses), axis=0)
        row |= {
            "step": index,
            "loss": float(loss),
            "left_out": float(left_out),
            "learning_rate": float(np.asarray(rate)),
            "seconds": seconds,
        }
        if judged:
            row |= self._judge()
        return row

    def _judge(self) -> dict[str, float]:
        scores = self.course.judge(jax.device_get(self.simulator()))
        self._write_weights("last")
        reached = scores[self.course.criterion]
        if reached > float(self.state.best):
            best = jnp.asarray(reached, jnp.float32)
            self.state = replicated(eqx.tree_at(lambda s: s.best, self.state, best))
            self._write_weights("best")
        return scores

    def _write_weights(self, name: str) -> None:
        simulator = jax.device_get(self.simulator())
        header = {"family": self.config.world.name, **self.course.header()}
        save_weights(self.out / f"{name}.safetensors", simulator, header)

    def _claim(self, further: Sequence[str | Path]) -> None:
        described, start = self.course.described, self.course.start
        wanted: dict[str, Any] = {"data": described}
        if start is not None:
            wanted["start_sha256"] = digest_fields(start, "start").whole
        if further:
            wanted["further"] = [read_metadata(each) for each in further]
        claim_training(self.out, self.config, wanted)

    def _save(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns)
        writer.writeheader()
        writer.writerows(self.rows)
        save_state(self.out / "state.npz", self.state, text.getvalue())
        write_text(self.out / "metrics.csv", text.getvalue())  # for people

    def _restore(self) -> None:
        path = self.out / "state.npz"
        if not os.path.lexists(path):
            return
        self.state, metrics = load_state(path, self.state)
        if metrics is None:  # as 0.1 had it
            path = self.out / "metrics.csv"
            metrics = read_text(path)
        reached = int(self.state.step)
        rows = read_metrics(path, metrics, self.columns)
        self.rows = [row for row in rows if row["step"] <= reached]
