"""How a simulator by constraints learns motion."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._rollout import rollout
from ..._types import Array, Scalar
from ...simulators import ConstraintSimulator
from ...simulators.constraint._build import (
    ConstraintModelConfig,
    build_constraint_network,
    build_solver,
    constraint_header,
    make_constraint_simulator,
)
from ...simulators.constraint._network import ConstraintNetwork
from ...simulators.constraint._ranges import AbstractRanges
from .._config import TrainingConfig
from .._course import AbstractCourse, Stage
from .._split import split
from .._update import make_update, per_device
from ._config import ConstraintFrameConfig
from ._examples import AbstractExamples
from ._samples import FrameSampler, FrameSamples, frame_loss, measured_statistics

BLOWN_UP = 1.0  # m, from which on an error counts as infinite


@dataclasses.dataclass(frozen=True)
class MotionData:
    """Trajectories of nodes, and what a course has to know of them.

    **Arguments:** `arrays`: of scenes, and `positions`, (trajectory, time, node, dim) in metres;
    `described`: their metadata, `dt` among them; `ranges`: of the scenes; `examples`: what scenes
    they are.
    """

    arrays: dict[str, np.ndarray]
    described: dict[str, Any]
    ranges: AbstractRanges
    examples: AbstractExamples


class ConstraintCourse(AbstractCourse):
    """Trajectories of nodes; judged by rollouts of the last ones, which it does not learn from.

    `rollout_error` is the median over rollouts of the root mean square distance of a free node over
    the frames of the examples' horizon in metres, infinite where it blows up; `skill` is 1 less
    that, at least 0.

    **Raises:** `ValueError` if all trajectories are held out.
    """

    columns = ("skill", "rollout_error")
    criterion = "skill"

    def __init__(self, config: TrainingConfig, data: MotionData):
        assert isinstance(config.model, ConstraintModelConfig)
        self.config, self.model, self.data, self.start = config, config.model, data, None
        self.described, self.dt = data.described, data.described["dt"]
        self.learned, self.judged = split(data.arrays, config.training.held_out)
        self.examples = data.examples
        self.statistics = measured_statistics(
            self.learned["positions"], self.examples.free(self.learned)
        )

    def network(self) -> ConstraintNetwork:
        key = jax.random.key(self.config.training.seed)
        return build_constraint_network(self.model, view=self.examples.view, key=key)

    def stages(self) -> tuple[Stage, ...]:
        return tuple(map(self._stage, self.config.stages))

    def _stage(self, stage: ConstraintFrameConfig) -> Stage:
        sampler = FrameSampler(
            self.learned,
            self.examples,
            stage,
            self.statistics,
            num_past=self.model.num_past,
            dt=self.dt,
            number=per_device("scenes_per_batch", stage.scenes_per_batch),
            seed=self.config.training.seed,
        )

        solver = build_solver(self.model, iterations=self.model.iterations)

        def loss(network: ConstraintNetwork, samples: FrameSamples) -> tuple[Scalar, Scalar]:
            taught = dataclasses.replace(self.simulator(network), solver=solver, network=network)
            return frame_loss(taught, self.examples, samples, stage)

        return Stage(sampler, make_update(self.config, loss, stage.ema))

    def simulator(self, network: ConstraintNetwork) -> ConstraintSimulator:
        return make_constraint_simulator(network, self.header())

    def header(self) -> dict[str, Any]:
        return constraint_header(
            self.model,
            self.statistics,
            dt=self.dt,
            ranges=self.data.ranges,
            view=self.examples.view,
        )

    def judge(self, simulator: ConstraintSimulator) -> dict[str, float]:
        horizon = self.examples.horizon
        positions = self.judged["positions"][:, : None if horizon is None else horizon + 1]
        found = simulated(simulator, self.examples, self.judged, positions.shape[1] - 1)
        free = self.examples.free(self.judged)
        error = float(np.median(rollout_errors(found, positions, free)))
        return {"skill": max(0.0, 1.0 - error), "rollout_error": error}


def rollout_errors(found: np.ndarray, positions: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Root mean square distances of free nodes over all frames in metres, `(trajectory,)`.

    Infinite where a node is off by more than a metre, or not finite.

    **Arguments:** `found`: positions after each frame, `(trajectory, time, node, dim)`;
    `positions`: the true ones, the first frame included; `free`: `(trajectory, node)`.
    """
    squared = np.sum((found - positions[:, 1:]) ** 2, axis=-1)
    squared = np.where(free[:, None], squared, 0.0)
    mean = squared.sum(axis=(1, 2)) / (squared.shape[1] * free.sum(axis=1))
    lost = ~(squared.max(axis=(1, 2)) < BLOWN_UP**2)
    return np.where(lost, np.inf, np.sqrt(mean))


def simulated(
    simulator: Any,
    examples: AbstractExamples,
    arrays: dict[str, np.ndarray],
    num_steps: int,
    **further: Any,
) -> np.ndarray:
    """Positions after each frame, `(trajectory, time, node, dim)`; not a number where it failed.

    **Arguments:** `further`: what all scenes have besides, such as obstacles.
    """
    scenes = {key: jnp.asarray(arrays[key]) for key in examples.keys}
    return np.asarray(_simulate(simulator, examples, scenes, num_steps, further))


@eqx.filter_jit
def _simulate(
    simulator: Any,
    examples: AbstractExamples,
    scenes: dict[str, Array],
    num_steps: int,
    further: Any,
) -> Array:
    def one(arrays: dict[str, Array]) -> Array:
        scene = examples.scene(arrays, **further)
        trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
        return jnp.where(trajectory.result == 0, trajectory.frames.position, jnp.nan)

    return jax.vmap(one)(scenes)
