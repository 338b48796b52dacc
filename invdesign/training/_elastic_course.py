"""How a mesh simulator learns the motion of elastic bodies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._rollout import rollout
from .._types import Array, Scalar
from ..scenes import ElasticScene, NodeKind
from ..simulators import ElasticNetwork, ElasticSimulator
from ._config import ElasticModelConfig, TrainingConfig
from ._course import AbstractCourse, Stage
from ._elastic_data import load_elastic
from ._elastic_model import build_elastic_network, elastic_header, make_elastic_simulator
from ._elastic_samples import (
    ElasticSamples,
    FrameSampler,
    all_samples,
    frame_loss,
    measured_statistics,
)
from ._elastic_scenes import elastic_scene
from ._update import make_update, per_device


class ElasticCourse(AbstractCourse):
    """Trajectories of strips; judged by rollouts of the last ones, which it does not learn from.

    `position_error` is the root mean square error of free nodes' positions over all frames in
    metres; `skill` is by how much it is below that of free flight, 1 at most; 0 where it is not.

    **Arguments:** as `TrainingRun`.

    **Raises:** `ValueError` if there is a start or a further data set, which this course knows
    nothing of, if all trajectories are held out, or as `load_elastic`.
    """

    columns = ("skill", "position_error")
    criterion = "skill"

    def __init__(
        self,
        config: TrainingConfig,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ):
        assert isinstance(config.model, ElasticModelConfig)
        if start is not None or further:
            raise ValueError(f"`{config.name}` starts from fresh weights and one data set.")
        self.config, self.model, self.start = config, config.model, None
        arrays, self.described = load_elastic(data)
        held_out = config.training.held_out
        if held_out >= len(arrays["kind"]):
            raise ValueError(f"`{data}` has too few trajectories to hold {held_out} of them out.")
        self.dt = self.described["dt"]
        self.samples = all_samples({k: v[:-held_out] for k, v in arrays.items()}, self.dt)
        self.judged = {key: value[-held_out:] for key, value in arrays.items()}
        self.statistics = measured_statistics(self.samples)

    def network(self) -> ElasticNetwork:
        return build_elastic_network(self.model, key=jax.random.key(self.config.training.seed))

    def stages(self) -> tuple[Stage, ...]:
        stage = self.config.transient
        assert stage is not None
        sampler = FrameSampler(
            self.samples,
            stage,
            dt=self.dt,
            number=per_device("graphs_per_batch", stage.graphs_per_batch),
            seed=self.config.training.seed,
        )

        def loss(network: ElasticNetwork, samples: ElasticSamples) -> tuple[Scalar, Scalar]:
            return frame_loss(self.simulator(network), samples)

        return (Stage(sampler, make_update(self.config, loss, stage.ema)),)

    def simulator(self, network: ElasticNetwork) -> ElasticSimulator:
        return make_elastic_simulator(network, self.statistics, self.header())

    def header(self) -> dict[str, Any]:
        return elastic_header(self.model, self.described)

    def judge(self, simulator: ElasticSimulator) -> dict[str, float]:
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


def played(simulator: ElasticSimulator) -> Any:
    """Positions by a simulator's rollout; not a number if it failed."""

    def play(scene: ElasticScene, num_steps: int) -> Array:
        positions, result = _roll(simulator, scene, num_steps)
        return jnp.where(result == 0, positions, jnp.nan)

    return play


@eqx.filter_jit
def _roll(simulator: ElasticSimulator, scene: ElasticScene, num_steps: int) -> tuple[Array, Array]:
    trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
    return trajectory.frames.position, trajectory.result


def in_flight(dt: float) -> Any:
    """Positions of nodes on which gravity alone acts, every `dt` seconds: what there is to beat."""

    def play(scene: ElasticScene, num_steps: int) -> Array:
        time = dt * jnp.arange(1.0, num_steps + 1)[:, None, None]
        flight = time * scene.velocity[None] + 0.5 * time**2 * scene.gravity[None, None]
        return scene.position[None] + flight

    return play
