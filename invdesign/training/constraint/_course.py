"""How a simulator by constraints learns the motion of ropes."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._rollout import rollout
from ..._types import Array, Scalar
from ...scenes import NodeKind
from ...scenes._ropes import rope_scene
from ...simulators import ConstraintSimulator
from ...simulators.constraint._build import (
    ConstraintModelConfig,
    build_constraint_network,
    build_solver,
    constraint_header,
    make_constraint_simulator,
)
from ...simulators.constraint._network import ConstraintNetwork
from ...simulators.constraint._ranges import RopeRanges
from .._config import TrainingConfig
from .._course import AbstractCourse, Stage
from .._split import split
from .._update import make_update, per_device
from ._config import ConstraintFrameConfig
from ._samples import FrameSampler, RopeSamples, chain_of, frame_loss, measured_statistics

BLOWN_UP = 1.0  # m, from which on an error counts as infinite
_KEYS = ("position", "velocity", "links", "kind", "damping")


@dataclasses.dataclass(frozen=True)
class RopeData:
    """Trajectories of ropes, and what a course has to know of them.

    **Arguments:** `arrays`: of `RopeScene`s along a chain, and `positions`, (trajectory, time,
    node, dim) in metres; `described`: their metadata, `dt` among them; `ranges`: of the scenes.
    """

    arrays: dict[str, np.ndarray]
    described: dict[str, Any]
    ranges: RopeRanges


class ConstraintCourse(AbstractCourse):
    """Trajectories of ropes; judged by rollouts of the last ones, which it does not learn from.

    `rollout_error` is the median over rollouts of the root mean square distance of a free node over
    all frames in metres, infinite where it blows up; `skill` is 1 less that, at least 0.

    **Raises:** `ValueError` if all trajectories are held out.
    """

    columns = ("skill", "rollout_error")
    criterion = "skill"

    def __init__(self, config: TrainingConfig, data: RopeData):
        assert isinstance(config.model, ConstraintModelConfig)
        self.config, self.model, self.data, self.start = config, config.model, data, None
        self.described, self.dt = data.described, data.described["dt"]
        self.learned, self.judged = split(data.arrays, config.training.held_out)
        self.statistics = measured_statistics(self.learned)

    def network(self) -> ConstraintNetwork:
        return build_constraint_network(self.model, key=jax.random.key(self.config.training.seed))

    def stages(self) -> tuple[Stage, ...]:
        stage = self.config.stage(ConstraintFrameConfig)
        sampler = FrameSampler(
            self.learned,
            stage,
            self.statistics,
            num_past=self.model.num_past,
            dt=self.dt,
            number=per_device("ropes_per_batch", stage.ropes_per_batch),
            seed=self.config.training.seed,
        )

        solver = build_solver(self.model, iterations=self.model.iterations)

        def loss(network: ConstraintNetwork, samples: RopeSamples) -> tuple[Scalar, Scalar]:
            taught = dataclasses.replace(self.simulator(network), solver=solver)
            return frame_loss(taught, samples, stage.alpha)

        return (Stage(sampler, make_update(self.config, loss, stage.ema)),)

    def simulator(self, network: ConstraintNetwork) -> ConstraintSimulator:
        return make_constraint_simulator(network, self.header())

    def header(self) -> dict[str, Any]:
        return constraint_header(self.model, self.statistics, dt=self.dt, ranges=self.data.ranges)

    def judge(self, simulator: ConstraintSimulator) -> dict[str, float]:
        error = float(np.median(rollout_errors(simulator, self.judged)))
        return {"skill": max(0.0, 1.0 - error), "rollout_error": error}


def rollout_errors(
    simulator: Any, judged: dict[str, np.ndarray], *, found: np.ndarray | None = None
) -> np.ndarray:
    """Root mean square distances of free nodes over all frames in metres, `(trajectory,)`.

    Infinite where a node is off by more than a metre, or not finite.

    **Arguments:** `found`: positions after each frame, if they are known.
    """
    if found is None:
        found = simulated_ropes(simulator, judged, judged["positions"].shape[1] - 1)
    squared = np.sum((found - judged["positions"][:, 1:]) ** 2, axis=-1)
    free = (judged["kind"] == NodeKind.FREE)[:, None]
    squared = np.where(free, squared, 0.0)
    mean = squared.sum(axis=(1, 2)) / (squared.shape[1] * free.sum(axis=(1, 2)))
    lost = ~(squared.max(axis=(1, 2)) < BLOWN_UP**2)
    return np.where(lost, np.inf, np.sqrt(mean))


def simulated_ropes(
    simulator: Any, arrays: dict[str, np.ndarray], num_steps: int, **further: Any
) -> np.ndarray:
    """Positions after each frame, `(trajectory, time, node, dim)`; not a number where it failed.

    **Arguments:** `further`: what all scenes have besides, such as obstacles.
    """
    scenes = {key: jnp.asarray(arrays[key]) for key in _KEYS}
    return np.asarray(_simulate(simulator, scenes, num_steps, further))


@eqx.filter_jit
def _simulate(simulator: Any, scenes: dict[str, Array], num_steps: int, further: Any) -> Array:
    def one(arrays: dict[str, Array]) -> Array:
        scene = rope_scene(arrays, **further)
        trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
        return jnp.where(trajectory.result == 0, trajectory.frames.position, jnp.nan)

    return jax.vmap(one)(scenes)


__all__ = ["ConstraintCourse", "RopeData", "chain_of", "rollout_errors", "simulated_ropes"]
