"""Training of a particle simulator: one command, resumed as often as needed."""

import concurrent.futures
import csv
import dataclasses
import functools
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import PartitionSpec

from ..io import read_json, save_weights, write_json, write_text
from ._batches import Batch, Sampler
from ._config import TrainingConfig
from ._data import load_water, water_scene
from ._heldout import heldout_scores
from ._loss import one_step_loss
from ._model import build_network, hyperparameters, make_simulator, scales
from ._state import TrainingState, load_state, save_state

COLUMNS: tuple[str, ...] = (
    "step",
    "loss",
    "learning_rate",
    "overlap",
    "com_error",
    "rollout_mse",
    "seconds",
)
_LOG_EVERY = 100
_SAVE_SECONDS = 120.0


def learning_rate(config: TrainingConfig) -> optax.Schedule:
    """Warmed up linearly, then a cosine down to the final rate."""
    schedule = config.training
    return optax.warmup_cosine_decay_schedule(
        0.0,
        schedule.learning_rate,
        min(schedule.warmup, schedule.steps - 1),
        schedule.steps,
        schedule.final_learning_rate,
    )


def make_optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """Adam with gradient clipping and a warmed-up cosine schedule."""
    clip = optax.clip_by_global_norm(config.training.clip)
    return optax.chain(clip, optax.adam(learning_rate(config)))


def initial_state(config: TrainingConfig) -> TrainingState:
    """A run before its first step."""
    network = build_network(config.model, key=jax.random.key(config.training.seed))
    moments = make_optimizer(config).init(eqx.filter(network, eqx.is_array))
    return TrainingState(
        network=network,
        average=jax.tree.map(jnp.copy, network),  # own buffers: the update donates them
        moments=moments,
        step=jnp.asarray(0, jnp.int32),
        best=jnp.asarray(-1.0, jnp.float32),
    )


def make_step(
    config: TrainingConfig, loss: Callable[[Any, Batch], jax.Array]
) -> Callable[[TrainingState, Batch], tuple[TrainingState, jax.Array]]:
    """A compiled update; the batch's leading axis is spread over all local devices."""
    optimizer, decay = make_optimizer(config), config.training.ema
    mesh = jax.make_mesh(
        (jax.local_device_count(),), ("device",), axis_types=(jax.sharding.AxisType.Auto,)
    )
    everywhere, spread = PartitionSpec(), PartitionSpec("device")

    @functools.partial(
        jax.shard_map,
        mesh=mesh,
        in_specs=(everywhere, spread),
        out_specs=everywhere,
        check_vma=False,
    )
    def gradient(network, batch):
        batch = jax.tree.map(lambda x: x[0], batch)
        part = jax.value_and_grad(lambda n: loss(n, batch) / mesh.size)(network)
        return jax.lax.psum(part, "device")

    @eqx.filter_jit(donate="all-except-first")
    def step(batch: Batch, state: TrainingState) -> tuple[TrainingState, jax.Array]:
        value, grad = gradient(state.network, batch)
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            updates, moments = optimizer.update(grad, state.moments, state.network)
            network = optax.apply_updates(state.network, updates)
            ramp = jnp.minimum(decay, (1.0 + state.step) / (10.0 + state.step))
            average = jax.tree.map(lambda a, n: a + (1 - ramp) * (n - a), state.average, network)
        return TrainingState(network, average, moments, state.step + 1, state.best), value

    return lambda state, batch: step(batch, state)


class TrainingRun:
    """A training run in a directory; `run` goes on until its configuration's last step.

    The directory holds `config.json`, `state.npz` (parameters, moments, average, step: a killed
    run resumes to the identical result), `metrics.csv`, `last.safetensors` and
    `best.safetensors` (by overlap of held-out rollouts).

    **Raises:** `ValueError` if the directory holds a run of another configuration.
    """

    def __init__(self, config: TrainingConfig, data: str | Path, out: str | Path):
        self.config, self.out = config, Path(out)
        arrays, described = load_water(data)
        self._claim(described)
        held_out = config.training.held_out
        self.statistics = scales(described)
        self.dt = described["dt"]
        learn = {key: value[:-held_out] for key, value in arrays.items()}
        judge = {key: value[-held_out:] for key, value in arrays.items()}
        self.sampler = Sampler(
            learn,
            described,
            config.model,
            noise=config.training.noise,
            position_noise=config.training.position_noise,
            graphs_per_batch=_graphs_per_device(config),
            seed=config.training.seed,
        )
        radius = described["scenes"]["obstacle_radius"]
        self.scenes = [
            water_scene(
                {
                    "position": judge["position"][i, 0],
                    "velocity": judge["velocity"][i, 0],
                    "segments": judge["segments"][i],
                },
                radius,
            )
            for i in range(held_out)
        ]
        self.truth = judge["position"][:, 1:]
        loss = functools.partial(
            one_step_loss,
            model=config.model,
            statistics=self.statistics,
            gravity=tuple(described["gravity"]),
        )
        self.step = make_step(config, loss)
        self.state = initial_state(config)
        self.rows: list[dict[str, Any]] = []
        self._restore()

    def run(
        self,
        *,
        until: int | None = None,
        progress: Callable[[dict[str, Any]], None] = lambda row: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Train until the last step (or `until`, or `stop()`); returns the last row of metrics."""
        schedule = self.config.training
        last = schedule.steps if until is None else min(until, schedule.steps)
        start = time.monotonic() - (self.rows[-1]["seconds"] if self.rows else 0.0)
        saved, losses, index = time.monotonic(), [], int(self.state.step)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            ahead = [pool.submit(self._batch, index + i) for i in range(4)]
            while index < last and not stop():
                batch = ahead.pop(0).result()
                ahead.append(pool.submit(self._batch, index + 4))
                self.state, loss = self.step(self.state, batch)
                index += 1
                losses.append(loss)
                judged = index % schedule.evaluate_every == 0 or index == schedule.steps
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
        return make_simulator(network, self.config.model, self.statistics, self.dt)

    def _batch(self, step: int) -> Batch:
        devices = jax.local_device_count()
        parts = [self.sampler.batch(step, device) for device in range(devices)]
        return jax.tree.map(lambda *x: np.stack(x), *parts)

    def _row(self, index: int, losses: list, seconds: float, judged: bool) -> dict[str, Any]:
        rate = learning_rate(self.config)(index)
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        mean = float(np.mean(jax.device_get(losses)))
        row |= {
            "step": index,
            "loss": mean,
            "learning_rate": float(np.asarray(rate)),
            "seconds": seconds,
        }
        if judged:
            row |= self._judge()
        return row

    def _judge(self) -> dict[str, float]:
        simulator = jax.device_get(self.simulator())
        scores = heldout_scores(simulator, self.scenes, self.truth)
        self._write_weights("last")
        if scores["overlap"] > float(self.state.best):
            best = jnp.asarray(scores["overlap"], jnp.float32)
            self.state = eqx.tree_at(lambda s: s.best, self.state, best)
            self._write_weights("best")
        return scores

    def _write_weights(self, name: str) -> None:
        header = hyperparameters(self.config.model, self.statistics, self.dt)
        simulator = jax.device_get(self.simulator())
        save_weights(self.out / f"{name}.safetensors", simulator, header)

    def _claim(self, described: dict[str, Any]) -> None:
        wanted = {"config": dataclasses.asdict(self.config), "data": described}
        path = self.out / "config.json"
        if path.exists():
            if read_json(path) != wanted:
                raise ValueError(f"`{self.out}` holds a run of another configuration or data.")
            return
        if self.out.exists() and any(self.out.iterdir()):
            raise ValueError(f"`{self.out}` is not empty and holds no training run.")
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"`{self.out}` cannot be made ({error.strerror}).") from error
        write_json(path, wanted)

    def _save(self) -> None:
        save_state(self.out / "state.npz", self.state)
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS)
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.out / "metrics.csv", text.getvalue())

    def _restore(self) -> None:
        path = self.out / "state.npz"
        if not path.exists():
            return
        self.state = load_state(path, self.state)
        with open(self.out / "metrics.csv", newline="") as file:
            rows = [
                {key: float(value) if value else None for key, value in row.items()}
                for row in csv.DictReader(file)
            ]
        reached = int(self.state.step)
        self.rows = [row for row in rows if float(row["step"] or 0) <= reached]


def _graphs_per_device(config: TrainingConfig) -> int:
    total, devices = config.training.graphs_per_batch, jax.local_device_count()
    if total % devices:
        raise ValueError(
            f"`graphs_per_batch` has to be a multiple of the {devices} local devices, got {total}."
        )
    return total // devices
