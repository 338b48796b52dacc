"""One update of a training: the schedule, the optimizer, the compiled step."""

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from .._types import Scalar
from ._config import TrainingConfig
from ._state import TrainingState, Update

# Of a network and a batch: the loss, and the share of the batch that did not count.
Loss = Callable[[Any, Any], tuple[Scalar, Scalar]]


def learning_rate(config: TrainingConfig) -> optax.Schedule:
    """Each stage warmed up linearly, then a cosine down to its final rate."""
    return optax.join_schedules(list(map(_warmup_cosine, config.stages)), list(config.ends[:-1]))


def _warmup_cosine(schedule: Any) -> optax.Schedule:
    return optax.warmup_cosine_decay_schedule(
        0.0,
        schedule.learning_rate,
        min(schedule.warmup, schedule.steps - 1),
        schedule.steps,
        schedule.final_learning_rate,
    )


def make_optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """Adam with gradient clipping and a warmed-up cosine schedule; one for all stages."""
    clip = optax.clip_by_global_norm(config.training.clip)
    return optax.chain(clip, optax.adam(learning_rate(config)))


def initial_state(config: TrainingConfig, network: Any) -> TrainingState:
    """A run of a network before its first step."""
    moments = make_optimizer(config).init(eqx.filter(network, eqx.is_array))
    return TrainingState(
        network=network,
        average=jax.tree.map(jnp.copy, network),  # own buffers: the update donates them
        moments=moments,
        step=jnp.asarray(0, jnp.int32),
        best=jnp.asarray(-1.0, jnp.float32),
    )


def make_update(config: TrainingConfig, loss: Loss, decay: float) -> Update:
    """A compiled update; the batch's leading axis is spread over all local devices.

    `decay` is that of the weights' moving average.
    """
    optimizer = make_optimizer(config)
    mesh = _local_devices()
    everywhere, spread = PartitionSpec(), PartitionSpec("device")

    @functools.partial(
        jax.shard_map,
        mesh=mesh,
        in_specs=(everywhere, spread),
        out_specs=everywhere,
        check_vma=False,
    )
    def gradient(network, batch):
        def part(network):
            value, left_out = loss(network, jax.tree.map(lambda x: x[0], batch))
            return value / mesh.size, left_out / mesh.size

        return jax.lax.psum(jax.value_and_grad(part, has_aux=True)(network), "device")

    @eqx.filter_jit(donate="all-except-first")
    def step(batch: Any, state: TrainingState) -> tuple[TrainingState, tuple[Scalar, Scalar]]:
        values, grad = gradient(state.network, batch)
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            updates, moments = optimizer.update(grad, state.moments, state.network)
            network = optax.apply_updates(state.network, updates)
            ramp = jnp.minimum(decay, (1.0 + state.step) / (10.0 + state.step))
            average = jax.tree.map(lambda a, n: a + (1 - ramp) * (n - a), state.average, network)
        return TrainingState(network, average, moments, state.step + 1, state.best), values

    return lambda state, batch: step(batch, state)


def replicated(state: TrainingState) -> TrainingState:
    """A state as an update returns it, on all local devices: any other placing compiles anew."""
    arrays, static = eqx.partition(state, eqx.is_array)
    return eqx.combine(
        jax.device_put(arrays, NamedSharding(_local_devices(), PartitionSpec())), static
    )


def gathered(tree: Any) -> Any:
    """What an update returns on one device, as loaded weights are: else programs compile anew."""
    arrays, static = eqx.partition(tree, eqx.is_array)
    return eqx.combine(jax.tree.map(jnp.asarray, jax.device_get(arrays)), static)


def _local_devices() -> Mesh:
    return jax.make_mesh(
        (jax.local_device_count(),), ("device",), axis_types=(jax.sharding.AxisType.Auto,)
    )


def per_device(name: str, total: int) -> int:
    """How many of a batch's `total` go to each local device.

    **Raises:** `ValueError` naming the setting if they cannot be spread evenly.
    """
    devices = jax.local_device_count()
    if total % devices:
        raise ValueError(
            f"`{name}` has to be a multiple of the {devices} local devices, got {total}."
        )
    return total // devices
