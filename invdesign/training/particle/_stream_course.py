"""How a particle simulator learns from streams that come in, run over obstacles and land."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Array
from ...scenes import ParticleScene
from ...simulators import ParticleSimulator
from ...simulators.particle._build import (
    ModelConfig,
    build_network,
    hyperparameters,
    make_simulator,
)
from ...simulators.particle._features import Statistics
from ...simulators.particle._network import AbstractParticleNetwork
from ...simulators.particle._ranges import ParticleRanges
from ...simulators.particle._state import ParticleState
from .._config import TrainingConfig
from .._course import AbstractCourse, Stage
from .._split import split
from .._update import make_update, per_device
from ._config import OneStepConfig, UnrollConfig
from ._course import fitting_network
from ._heldout import simulate
from ._streams import StreamSampler, stream_loss

_MEASURED = 200  # moments from which the network's units are measured


@dataclasses.dataclass(frozen=True)
class StreamData:
    """Trajectories of streams, and what a course has to know of them.

    **Arguments:**

    - `arrays`: as `StreamSampler` takes them.
    - `described`: their metadata.
    - `scene`: that a moment begins: from `position`, `velocity`, `begins` and `heights` of one.
    - `ranges`: of the scenes.
    - `parts`: equal ones of a simulator's frame that the data record: 1 if they hold whole frames.
    - `lessons`: how many of the first trajectories are lessons, which half of all windows are of.
    """

    arrays: dict[str, np.ndarray]
    described: Mapping[str, Any]
    scene: Callable[[Mapping[str, Any]], ParticleScene]
    ranges: ParticleRanges
    parts: int
    lessons: int = 0


class StreamCourse(AbstractCourse):
    """Single frames and rollouts of streams; judged by where the last ones' water lands.

    The data's frames are the simulator's, or equal parts of them.

    **Arguments:** as `TrainingRun`, with the data loaded; `score`: numbers of a rollout beside the
    truth, from the arrays of `StreamData` of one trajectory, the frames of the simulator, and how
    many parts of a frame the data record.

    **Raises:** `ValueError` if the start is of another size than the configuration's model, if the
    data record other parts of a frame than the model could take, or if there are too few
    trajectories to hold some out.
    """

    criterion = "agreement"

    def __init__(
        self,
        config: TrainingConfig,
        data: StreamData,
        *,
        columns: Sequence[str],
        score: Callable[[dict[str, np.ndarray], Any, int], dict[str, float]],
        start: ParticleSimulator | None = None,
    ):
        assert isinstance(config.model, ModelConfig)
        self.config, self.model, self.data, self.score = config, config.model, data, score
        self.columns = tuple(columns)
        self.described = dict(data.described)
        self.start = None if start is None else fitting_network(start, config.name, self.model)
        if self.model.parts % data.parts or (start is None and self.model.parts != data.parts):
            wanted = "has to be that" if start is None else "has to be a multiple of that"
            raise ValueError(
                f"`{config.name}` has `model.parts = {self.model.parts}` and data that record "
                f"{data.parts} of a frame; it {wanted}."
            )
        self.dt = data.parts * self.described["dt"]
        self.learned, self.judged = split(data.arrays, config.training.held_out)
        if start is not None:
            self.statistics = start.statistics
        else:
            self.statistics = measured_scales(self.model, data, self.learned)

    def network(self) -> AbstractParticleNetwork:
        if self.start is not None:
            return self.start
        return build_network(self.model, key=jax.random.key(self.config.training.seed))

    def stages(self) -> tuple[Stage, ...]:
        return tuple(self._stage(stage) for stage in self.config.stages)

    def _stage(self, stage: OneStepConfig | UnrollConfig) -> Stage:
        if isinstance(stage, OneStepConfig):
            number, frames = per_device("graphs_per_batch", stage.graphs_per_batch), 1
            flow = 0.0
        else:
            stage.lacks("growth")
            stage.lacks("contact")
            number, frames = per_device("windows_per_batch", stage.windows_per_batch), stage.frames
            flow = stage.flow
        sampler = StreamSampler(
            self.learned,
            self.described["dt"],
            frames=frames,
            noise=stage.noise,
            position_noise=stage.position_noise,
            windows_per_batch=number,
            seed=self.config.training.seed,
            lessons=self.data.lessons,
        )
        given = self.model, self.statistics, self.described["dt"], self.data

        def loss(network: AbstractParticleNetwork, windows: Any) -> Any:
            simulator = _as_recorded(network, *given)
            return stream_loss(simulator, windows, scene=self.data.scene, flow=flow)

        return Stage(sampler, make_update(self.config, loss, stage.ema))

    def simulator(self, network: AbstractParticleNetwork) -> ParticleSimulator:
        return make_simulator(network, self.model, self.statistics, self.dt, self.data.ranges)

    def header(self) -> dict[str, Any]:
        return hyperparameters(self.model, self.statistics, self.dt, self.data.ranges)

    def judge(self, simulator: ParticleSimulator) -> dict[str, float]:
        rows = []
        for index in range(self.config.training.held_out):
            arrays = {key: rows[index] for key, rows in self.judged.items()}
            first = {key: arrays[key][0] for key in ("position", "velocity")}
            begins = arrays["begins"] // self.data.parts
            scene = self.data.scene({**first, "begins": begins, "heights": arrays["heights"]})
            number = (len(arrays["position"]) - 1) // self.data.parts
            frames, simulator, _ = simulate(simulator, scene, number)
            rows.append(self.score(arrays, frames, self.data.parts))
        return {key: float(np.mean([row[key] for row in rows])) for key in self.columns}


def _as_recorded(
    network: AbstractParticleNetwork,
    model: ModelConfig,
    statistics: Statistics,
    dt: float,
    data: StreamData,
) -> ParticleSimulator:
    """A simulator whose frames are those of the data, whole ones or parts of them."""
    steps = dataclasses.replace(model, parts=model.parts // data.parts)
    return make_simulator(network, steps, statistics, dt, data.ranges)


def measured_scales(
    model: ModelConfig, data: StreamData, arrays: dict[str, np.ndarray]
) -> Statistics:
    """The network's units: of velocities, and of what others add to a path without them.

    Root mean squares over moments of the data, of the particles that move in them.
    """
    dt = data.described["dt"]
    sampler = StreamSampler(
        arrays, dt, frames=1, noise=0.0, position_noise=0.0, windows_per_batch=1, seed=0
    )
    some = Statistics(1.0, 1.0, 1.0, 1.0)
    alone = _as_recorded(build_network(model, key=jax.random.key(0)), model, some, dt, data)
    rng = np.random.default_rng([0, 0])
    sums, number = np.zeros(3), 0
    for _ in range(_MEASURED):
        window = sampler.window(rng)
        names = ("position", "velocity", "begins", "heights")
        start = data.scene({name: jnp.asarray(getattr(window, name)) for name in names})
        ahead, velocity = map(np.asarray, _alone(alone, start))
        counts = window.counts[0]
        parts = window.velocity, (window.positions[0] - ahead) / dt, window.velocities[0] - velocity
        sums += [float((part[counts] ** 2).mean(axis=1).sum()) for part in parts]
        number += int(counts.sum())
    speed, move, push = (dt * np.sqrt(sums / max(number, 1))).tolist()
    return Statistics(
        relative_velocity=0.25 * speed,
        obstacle_velocity=speed,
        position_change=move,
        velocity_change=push,
    )


@eqx.filter_jit
def _alone(simulator: ParticleSimulator, scene: ParticleScene) -> tuple[Array, Array]:
    context, state = simulator.init(scene)
    assert isinstance(state, ParticleState)
    return simulator.ahead(context, state)
