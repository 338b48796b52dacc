"""Ropes and balls by MuJoCo, on the host."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._checks import checked_number
from ..._extras import find_extra
from ..._results import RESULTS, as_code
from ..._rollout import Trajectory
from ...scenes import ParticleFrame, RopeScene
from ...scenes._balls import BallScene
from .._base import AbstractReference
from ._balls import BallModel
from ._ropes import RopeModel

EXTRA = "mujoco"
_MODELS: dict[type, Any] = {RopeScene: RopeModel, BallScene: BallModel}


def find_mujoco() -> ModuleType:
    """The library.

    **Raises:** `ValueError` saying how to get it if it is not installed.
    """
    return find_extra("mujoco", EXTRA)


class MuJoCo(AbstractReference):
    """Ropes of spheres on tendons of constant length, and balls in a box, by MuJoCo 4.

    Nodes of a rope, of 50 g, slide without friction, slowed by their own damping. Links are
    constraints of MuJoCo's solver: at 1 ms they stretch by less than 0.1% in the mean and a few
    percent at most, when a rope cracks. Obstacles touch without friction and without bounce; nodes
    get 0.04 to 0.13 of their radius into them at 1 ms.

    Balls touch each other and the walls for 10 ms, a damped spring's half period, and lose what
    their scene's `bounce` says. The same scene gives the same numbers.

    Needs the extra `mujoco`. Scenes run one after another, some 40 ropes of 5 to 10 nodes a second
    for 160 frames of 10 ms.

    Source: Todorov (2014), Convex and analytically-invertible dynamics with contacts and
    constraints; its time constants are two steps.

    **Arguments:** `dt`: seconds a frame, above 0; `timestep`: of the solver in seconds at most,
    above 0.

    **Raises:** `ValueError` for values out of these ranges.
    """

    dt: float = eqx.field(static=True, default=0.01)
    timestep: float = eqx.field(static=True, default=0.001)

    def __check_init__(self):
        checked_number(self.dt, "dt", "MuJoCo", above=0)
        checked_number(self.timestep, "timestep", "MuJoCo", above=0)

    @property
    def num_substeps(self) -> int:
        """Of a frame."""
        return max(1, round(np.ceil(self.dt / self.timestep - 1e-6)))

    def refined(self, factor: int) -> "MuJoCo":
        """The same in steps of a `factor`-th, with contacts and links as much stiffer."""
        return MuJoCo(self.dt, self.timestep / factor)

    def frame(self, scene: RopeScene | BallScene) -> ParticleFrame:
        unknown = jnp.full_like(scene.position, jnp.nan)
        return ParticleFrame(position=unknown, velocity=unknown)

    def trajectories(
        self, scenes: Sequence[RopeScene | BallScene], *, num_steps: int
    ) -> list[Trajectory]:
        mujoco = find_mujoco()
        return [self._play(mujoco, jax.device_get(scene), num_steps) for scene in scenes]

    def _play(self, mujoco: ModuleType, scene: Any, num_steps: int) -> Trajectory:
        if scene.terms:
            raise ValueError(
                "MuJoCo takes no `terms` of scenes. A rope's held nodes and further links are as "
                "good as a `FixedNode` and a `Distance`."
            )
        built = _MODELS[type(scene)](scene)
        model = mujoco.MjModel.from_xml_string(built.mjcf(self.dt / self.num_substeps))
        data, start = mujoco.MjData(model), np.asarray(scene.position)
        built.place(data)
        position = np.full((num_steps + 1, *start.shape), np.nan)
        velocity, result = np.full_like(position, np.nan), RESULTS.successful
        position[0], velocity[0] = built.read(data)
        for frame in range(1, num_steps + 1):
            mujoco.mj_step(model, data, self.num_substeps)
            if data.warning[mujoco.mjtWarning.mjWARN_BADQACC].number or not _sound(data):
                result = RESULTS.reference_failed
                break
            position[frame], velocity[frame] = built.read(data)
        return _trajectory(position, velocity, start.dtype, result)


def _sound(data: Any) -> bool:
    return bool(np.isfinite(data.qpos).all() and np.isfinite(data.qvel).all())


def _trajectory(
    position: np.ndarray, velocity: np.ndarray, dtype: Any, result: RESULTS
) -> Trajectory:
    place, speed = jnp.asarray(position, dtype), jnp.asarray(velocity, dtype)
    trajectory = Trajectory(
        initial=ParticleFrame(position=place[0], velocity=speed[0]),
        frames=ParticleFrame(position=place[1:], velocity=speed[1:]),
        final=None,
        result=as_code(result),
    )
    return jax.device_get(trajectory)
