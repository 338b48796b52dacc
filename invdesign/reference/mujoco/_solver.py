"""Ropes by MuJoCo, on the host."""

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
from .._base import AbstractReference
from ._model import free_nodes, rope_model

EXTRA = "mujoco"


def find_mujoco() -> ModuleType:
    """The library.

    **Raises:** `ValueError` saying how to get it if it is not installed.
    """
    return find_extra("mujoco", EXTRA)


class MuJoCo(AbstractReference):
    """Ropes of spheres on tendons of constant length, by MuJoCo 4.

    Nodes of 50 g slide without friction, slowed by their own damping. Links are constraints of
    MuJoCo's solver: at 1 ms they stretch by less than 0.1% in the mean and a few percent at most,
    when a rope cracks. Obstacles touch without friction and without bounce; nodes get 0.04 to 0.13
    of their radius into them at 1 ms. The same scene gives the same numbers.

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

    def frame(self, scene: RopeScene) -> ParticleFrame:
        unknown = jnp.full_like(scene.position, jnp.nan)
        return ParticleFrame(position=unknown, velocity=unknown)

    def trajectories(self, scenes: Sequence[RopeScene], *, num_steps: int) -> list[Trajectory]:
        mujoco = find_mujoco()
        return [self._play(mujoco, jax.device_get(scene), num_steps) for scene in scenes]

    def _play(self, mujoco: ModuleType, scene: RopeScene, num_steps: int) -> Trajectory:
        model = mujoco.MjModel.from_xml_string(rope_model(scene, self.dt / self.num_substeps))
        data, free = mujoco.MjData(model), free_nodes(scene)
        shape, start = (len(free), scene.position.shape[1]), np.asarray(scene.position)
        data.qvel[:] = scene.velocity[free].ravel()
        position = np.repeat(start[None], num_steps + 1, axis=0).astype(np.float64)
        velocity = np.zeros_like(position)
        velocity[0, free] = scene.velocity[free]
        result = RESULTS.successful
        for frame in range(1, num_steps + 1):
            mujoco.mj_step(model, data, self.num_substeps)
            position[frame, free] += data.qpos.reshape(shape)
            velocity[frame, free] = data.qvel.reshape(shape)
            if data.warning[mujoco.mjtWarning.mjWARN_BADQACC].number or not _sound(data):
                position[frame:], velocity[frame:] = np.nan, np.nan
                result = RESULTS.reference_failed
                break
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
