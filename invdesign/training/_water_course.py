"""How a particle simulator learns water."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from ..simulators import AbstractParticleNetwork, ParticleSimulator
from ._config import ModelConfig, TrainingConfig
from ._course import AbstractCourse, Stage
from ._data import join_water, water_scene
from ._heldout import heldout_scores
from ._model import build_network, hyperparameters, make_simulator, ranges_of, scales
from ._stages import make_stages


class WaterCourse(AbstractCourse):
    """Trajectories of water; judged by rollouts of the last ones, which it does not learn from.

    **Arguments:** as `TrainingRun`.

    **Raises:** `ValueError` if the start is of another size than the configuration's model, or
    as `join_water`.
    """

    columns = ("overlap", "com_error", "rollout_mse")
    criterion = "overlap"

    def __init__(
        self,
        config: TrainingConfig,
        data: str | Path,
        *,
        start: ParticleSimulator | None = None,
        further: Sequence[str | Path] = (),
    ):
        assert isinstance(config.model, ModelConfig)
        self.config, self.model = config, config.model
        self.arrays, self.described = join_water(data, *further)
        self.start = None if start is None else _fitting_network(start, config.name, self.model)
        self.statistics = scales(self.described) if start is None else start.statistics
        self.dt, self.ranges = self.described["dt"], ranges_of(self.described)
        held_out = config.training.held_out
        judged = {key: value[-held_out:] for key, value in self.arrays.items()}
        radius = self.described["scenes"]["obstacle_radius"]
        self.scenes = [
            water_scene(
                {
                    "position": judged["position"][i, 0],
                    "velocity": judged["velocity"][i, 0],
                    "segments": judged["segments"][i],
                },
                radius,
            )
            for i in range(held_out)
        ]
        self.truth = judged["position"][:, 1:]

    def network(self) -> AbstractParticleNetwork:
        if self.start is not None:
            return self.start
        return build_network(self.model, key=jax.random.key(self.config.training.seed))

    def stages(self) -> tuple[Stage, ...]:
        held_out = self.config.training.held_out
        learned = {key: value[:-held_out] for key, value in self.arrays.items()}
        return make_stages(self.config, self.model, learned, self.described, self.statistics)

    def simulator(self, network: AbstractParticleNetwork) -> ParticleSimulator:
        return make_simulator(network, self.model, self.statistics, self.dt, self.ranges)

    def header(self) -> dict[str, Any]:
        return hyperparameters(self.model, self.statistics, self.dt, self.ranges)

    def judge(self, simulator: ParticleSimulator) -> dict[str, float]:
        return heldout_scores(simulator, self.scenes, self.truth)


def _fitting_network(
    start: ParticleSimulator, name: str, model: ModelConfig
) -> AbstractParticleNetwork:
    """A copy of the network to start from; updates donate its buffers."""
    wanted = jax.eval_shape(lambda: build_network(model, key=jax.random.key(0)))
    same = jax.tree.structure(wanted) == jax.tree.structure(start.network) and all(
        a.shape == b.shape
        for a, b in zip(jax.tree.leaves(wanted), jax.tree.leaves(start.network), strict=True)
    )
    if not same or start.connectivity.radius != model.radius:
        raise ValueError(
            f"`{name}` needs a start of its own size: the tables `model` have to agree."
        )
    return jax.tree.map(jnp.copy, start.network)
