"""How a particle simulator learns from trajectories."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from ...simulators import ParticleSimulator
from ...simulators.particle._build import (
    ModelConfig,
    build_network,
    hyperparameters,
    make_simulator,
)
from ...simulators.particle._features import Statistics
from ...simulators.particle._network import AbstractParticleNetwork
from .._config import TrainingConfig
from .._course import AbstractCourse, Stage
from .._split import split
from ._data import ParticleData
from ._heldout import heldout_scores
from ._stages import make_stages


class ParticleCourse(AbstractCourse):
    """Trajectories; judged by rollouts of the last ones, which it does not learn from.

    **Arguments:** as `TrainingRun`, with the data loaded.

    **Raises:** `ValueError` if the start is of another size than the configuration's model, or if
    there are too few trajectories to hold some out.
    """

    columns = ("overlap", "com_error", "rollout_mse")
    criterion = "overlap"

    def __init__(
        self,
        config: TrainingConfig,
        data: ParticleData,
        *,
        start: ParticleSimulator | None = None,
    ):
        assert isinstance(config.model, ModelConfig)
        self.config, self.model, self.data = config, config.model, data
        self.described = data.described
        self.start = None if start is None else fitting_network(start, config.name, self.model)
        self.statistics = scales(self.described) if start is None else start.statistics
        self.dt = self.described["dt"]
        self.learned, judged = split(data.arrays, config.training.held_out)
        moments = [
            {key: judged[key][i, 0] for key in ("position", "velocity")}
            | {"segments": judged["segments"][i]}
            for i in range(config.training.held_out)
        ]
        self.scenes = list(map(data.scene, moments))
        self.truth = judged["position"][:, 1:]

    def network(self) -> AbstractParticleNetwork:
        if self.start is not None:
            return self.start
        return build_network(self.model, key=jax.random.key(self.config.training.seed))

    def stages(self) -> tuple[Stage, ...]:
        learned = dataclasses.replace(self.data, arrays=self.learned)
        return make_stages(self.config, self.model, learned, self.statistics)

    def simulator(self, network: AbstractParticleNetwork) -> ParticleSimulator:
        return make_simulator(network, self.model, self.statistics, self.dt, self.data.ranges)

    def header(self) -> dict[str, Any]:
        return hyperparameters(self.model, self.statistics, self.dt, self.data.ranges)

    def judge(self, simulator: ParticleSimulator) -> dict[str, float]:
        return heldout_scores(simulator, self.scenes, self.truth)


def scales(described: dict[str, Any]) -> Statistics:
    """The network's units from a data set's statistics."""
    measured = described["statistics"]
    return Statistics(
        relative_velocity=0.25 * measured["velocity"],
        obstacle_velocity=measured["velocity"],
        position_change=measured["position_change"],
        velocity_change=measured["velocity_change"],
    )


def fitting_network(
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
