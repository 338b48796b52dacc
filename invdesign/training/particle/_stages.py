"""The stages of a particle simulator's training: single frames, then ever longer rollouts."""

import jax.numpy as jnp

from ...simulators.particle._build import ModelConfig, make_simulator
from ...simulators.particle._features import Statistics
from .._config import TrainingConfig
from .._course import Stage
from .._update import make_update, per_device
from ._batches import Sampler
from ._config import OneStepConfig, UnrollConfig
from ._data import ParticleData
from ._loss import one_step_loss
from ._unroll import unrolled_loss, with_capacity
from ._windows import WindowSampler


def make_stages(
    config: TrainingConfig,
    model: ModelConfig,
    data: ParticleData,
    statistics: Statistics,
) -> tuple[Stage, ...]:
    """One for each of the configuration's stages.

    **Raises:** `ValueError` if a batch cannot be spread over the local devices, or for a `flow`,
    which counts for streams alone.
    """
    given = (model, data, statistics)
    return tuple(
        _one_step_stage(config, stage, *given)
        if isinstance(stage, OneStepConfig)
        else _unroll_stage(config, stage, *given)
        for stage in config.stages
        if isinstance(stage, OneStepConfig | UnrollConfig)
    )


def _one_step_stage(
    config: TrainingConfig,
    schedule: OneStepConfig,
    model: ModelConfig,
    data: ParticleData,
    statistics: Statistics,
) -> Stage:
    sampler = Sampler(
        data.arrays,
        data.described,
        model,
        noise=schedule.noise,
        position_noise=schedule.position_noise,
        graphs_per_batch=per_device("graphs_per_batch", schedule.graphs_per_batch),
        seed=config.training.seed,
    )
    gravity = tuple(data.described["gravity"])

    def loss(network, batch):
        value = one_step_loss(network, batch, model=model, statistics=statistics, gravity=gravity)
        # Slots of graphs hold those that fitted, then one of padding, then empty ones.
        num_packed = jnp.sum(jnp.asarray(batch.graph.n_node) > 0) - 1
        return value, 1.0 - num_packed / sampler.graphs_per_batch

    return Stage(sampler, make_update(config, loss, schedule.ema))


def _unroll_stage(
    config: TrainingConfig,
    unroll: UnrollConfig,
    model: ModelConfig,
    data: ParticleData,
    statistics: Statistics,
) -> Stage:
    unroll.lacks("flow")
    sampler = WindowSampler(
        data.arrays,
        data.described,
        model,
        unroll,
        windows_per_batch=per_device("windows_per_batch", unroll.windows_per_batch),
        seed=config.training.seed,
    )

    def loss(network, windows):
        simulator = make_simulator(network, model, statistics, data.described["dt"])
        return unrolled_loss(
            with_capacity(simulator, sampler.edges_per_node),
            windows,
            scene=data.scene,
            through_time=unroll.through_time,
            growth=unroll.growth,
        )

    return Stage(sampler, make_update(config, loss, unroll.ema))
