"""How a mesh simulator learns the motion of elastic bodies."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._rollout import rollout
from ..._types import Array, Scalar
from ...scenes import NodeKind, SpringScene, elastic_scene
from ...simulators import SpringNetwork, SpringSimulator
from ...simulators.mesh._build_springs import (
    SpringModelConfig,
    build_elastic_network,
    elastic_header,
    make_elastic_simulator,
)
from ...simulators.mesh._springs_ranges import SpringRanges
from .._config import TrainingConfig
from .._course import AbstractCourse, Stage
from .._split import split
from .._update import make_update, per_device
from ._config import TransientConfig, TransientUnrollConfig
from ._springs_samples import FrameSampler, all_samples, frame_loss, measured_statistics
from ._springs_windows import SpringWindowSampler, window_loss


@dataclasses.dataclass(frozen=True)
class SpringData:
    """Trajectories of elastic bodies, and what a course has to know of them.

    **Arguments:** `arrays`: of scenes, and `positions`, (trajectory, time, node, dim) in metres;
    `described`: their metadata; `spacing`: of neighboring nodes at rest in metres; `ranges`: of
    the scenes.
    """

    arrays: dict[str, np.ndarray]
    described: dict[str, Any]
    spacing: float
    ranges: SpringRanges


class SpringCourse(AbstractCourse):
    """Trajectories of bodies; judged by rollouts of the last ones, which it does not learn from.

    `position_error` is the root mean square error of free nodes' positions over all frames in
    metres; `skill` is by how much it is below that of free flight, 1 at most; 0 where it is not.

    **Raises:** `ValueError` if all trajectories are held out.
    """

    columns = ("skill", "position_error")
    criterion = "skill"

    def __init__(self, config: TrainingConfig, data: SpringData):
        assert isinstance(config.model, SpringModelConfig)
        self.config, self.model, self.data, self.start = config, config.model, data, None
        self.described, self.dt = data.described, data.described["dt"]
        learned, self.judged = split(data.arrays, config.training.held_out)
        self.samples, self.positions = all_samples(learned, self.dt), learned["positions"]
        self.statistics = measured_statistics(self.samples)

    def network(self) -> SpringNetwork:
        return build_elastic_network(self.model, key=jax.random.key(self.config.training.seed))

    def stages(self) -> tuple[Stage, ...]:
        return tuple(map(self._stage, self.config.stages))

    def _stage(self, stage: TransientConfig | TransientUnrollConfig) -> Stage:
        number = per_device("graphs_per_batch", stage.graphs_per_batch)
        drawn = {"dt": self.dt, "number": number, "seed": self.config.training.seed}
        if isinstance(stage, TransientConfig):
            sampler, error = FrameSampler(self.samples, stage, **drawn), frame_loss
        else:
            sampler = SpringWindowSampler(self.samples, stage, positions=self.positions, **drawn)
            error = window_loss

        def loss(network: SpringNetwork, batch: Any) -> tuple[Scalar, Scalar]:
            return error(self.simulator(network), batch)

        return Stage(sampler, make_update(self.config, loss, stage.ema))

    def simulator(self, network: SpringNetwork) -> SpringSimulator:
        return make_elastic_simulator(network, self.statistics, self.header())

    def header(self) -> dict[str, Any]:
        return elastic_header(
            self.model, spacing=self.data.spacing, dt=self.dt, ranges=self.data.ranges
        )

    def judge(self, simulator: SpringSimulator) -> dict[str, float]:
        plays = played(simulator), in_flight(self.dt)
        errors = [position_errors(play, self.judged) for play in plays]
        found, flown = (float(np.sqrt(np.mean(error**2))) for error in errors)
        skill = max(0.0, 1.0 - found / flown) if np.isfinite(found) else 0.0
        return {"skill": skill, "position_error": found}


def position_errors(play: Any, judged: dict[str, np.ndarray]) -> np.ndarray:
    """Root mean square errors of free nodes' positions in metres, `(trajectory, time)`.

    **Arguments:** `play`: `(scene, num_steps) -> positions`; `judged`: arrays of a data set.
    """
    rows = []
    num_steps = judged["positions"].shape[1] - 1
    for index in range(len(judged["kind"])):
        scene = elastic_scene({key: values[index] for key, values in judged.items()})
        found = np.asarray(play(scene, num_steps))
        squared = np.sum((found - judged["positions"][index, 1:]) ** 2, axis=-1)
        rows.append(squared[:, judged["kind"][index] == NodeKind.FREE].mean(axis=1))
    return np.sqrt(np.stack(rows))


def played(simulator: SpringSimulator) -> Any:
    """Positions by a simulator's rollout; not a number if it failed."""

    def play(scene: SpringScene, num_steps: int) -> Array:
        positions, result = _roll(simulator, scene, num_steps)
        return jnp.where(result == 0, positions, jnp.nan)

    return play


@eqx.filter_jit
def _roll(simulator: SpringSimulator, scene: SpringScene, num_steps: int) -> tuple[Array, Array]:
    trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
    return trajectory.frames.position, trajectory.result


def in_flight(dt: float) -> Any:
    """Positions of nodes on which gravity alone acts, every `dt` seconds: what there is to beat."""

    def play(scene: SpringScene, num_steps: int) -> Array:
        time = dt * jnp.arange(1.0, num_steps + 1)[:, None, None]
        flight = time * scene.velocity[None] + 0.5 * time**2 * scene.gravity[None, None]
        return scene.position[None] + flight

    return play
