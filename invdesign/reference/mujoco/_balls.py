"""Scenes of balls in a box as models of MuJoCo."""

from itertools import chain
from typing import Any

import numpy as np

from ...scenes._balls import ABSENT, BallScene
from ._geoms import obstacle_geoms, option, plane, slides, vector

# Of a bounce, per second squared: of any mass. It lasts 10 ms.
_STIFFNESS = 1e5
# Of contacts with obstacles, over the critical one. A ball gets in by up to what it moves in a time
# step before it is stopped, and would come out with a speed that hangs on how deep that was.
_DAMPING = 5.0


class BallModel:
    """Rigid bodies of smooth balls in a plane: each slides, and turns if it has several balls.

    **Arguments:** `scene`: on the host, in the plane.
    """

    def __init__(self, scene: BallScene):
        self.scene = scene
        numbers = [number for number in np.unique(scene.body) if number != ABSENT]
        self.members = [np.flatnonzero(scene.body == number) for number in numbers]
        place, mass = np.asarray(scene.position, np.float64), np.asarray(scene.mass, np.float64)
        self.centers = [
            np.average(place[each], axis=0, weights=mass[each]) for each in self.members
        ]
        self.arms = [place[m] - c for m, c in zip(self.members, self.centers, strict=True)]

    def mjcf(self, timestep: float) -> str:
        """The scene for steps of so many seconds."""
        scene, walls = self.scene, []
        touch = f'contype="1" conaffinity="3" {_bounce(scene.bounce)}'
        for axis in range(len(scene.lower)):
            normal = np.eye(len(scene.lower))[axis]
            walls += [plane(scene.lower, normal, touch), plane(scene.upper, -normal, touch)]
        kinds = [obstacle_geoms(kind, timestep, _DAMPING) for kind in scene.obstacles]
        bodies = [self._body(index, touch) for index in range(len(self.members))]
        return (
            f"<mujoco>{option(timestep)}"
            f"<worldbody>{''.join(walls)}{''.join(chain.from_iterable(kinds))}{''.join(bodies)}</worldbody></mujoco>"
        )

    def place(self, data: Any) -> None:
        """Give MuJoCo's state the scene's velocities, as far as they are of rigid motions."""
        scene, first = self.scene, 0
        for members, arms in zip(self.members, self.arms, strict=True):
            mass, velocity = scene.mass[members], scene.velocity[members]
            mean = np.average(velocity, axis=0, weights=mass)
            data.qvel[first : first + 2] = mean
            if len(members) > 1:
                turning = arms[:, 1] * velocity[:, 0] - arms[:, 0] * velocity[:, 1]
                data.qvel[first + 2] = (mass @ turning) / (mass @ np.sum(arms**2, axis=1))
            first += _size(members)

    def read(self, data: Any) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities of all balls, `(node, 2)` each."""
        position = np.array(self.scene.position, np.float64)
        velocity, first = np.zeros_like(position), 0
        for members, center, arms in zip(self.members, self.centers, self.arms, strict=True):
            size = _size(members)
            place, speed = data.qpos[first : first + size], data.qvel[first : first + size]
            angle, rate = (place[2], speed[2]) if size > 2 else (0.0, 0.0)
            # About the second axis of space, which takes the last one to the first.
            x = np.cos(angle) * arms[:, 0] + np.sin(angle) * arms[:, 1]
            z = np.cos(angle) * arms[:, 1] - np.sin(angle) * arms[:, 0]
            position[members] = center + place[:2] + np.stack([x, z], axis=1)
            velocity[members] = speed[:2] + rate * np.stack([z, -x], axis=1)
            first += size
        return position, velocity

    def _body(self, index: int, touch: str) -> str:
        scene, members = self.scene, self.members[index]
        slow = [
            scene.drag * np.sum(scene.mass[members] * weight)
            for weight in (1.0, np.sum(self.arms[index] ** 2, axis=1))
        ]
        geoms = [
            f'<geom type="sphere" pos="{vector(arm)}" size="{scene.radius[ball]:.9g}" '
            f'mass="{scene.mass[ball]:.9g}" {touch}/>'
            for ball, arm in zip(members, self.arms[index], strict=True)
        ]
        turns = (
            f'<joint type="hinge" axis="0 1 0" damping="{slow[1]:.9g}"/>'
            if _size(members) > 2
            else ""
        )
        moves = slides(2, f'damping="{slow[0]:.9g}"')
        return f'<body pos="{vector(self.centers[index])}">{moves}{turns}{"".join(geoms)}</body>'


def _bounce(ratio: float) -> str:
    """A contact like a damped spring, after half of whose period this share of a speed is left."""
    loss = -np.log(ratio)
    damping = 2 * np.sqrt(_STIFFNESS) * loss / np.hypot(np.pi, loss)
    return f'condim="1" solref="{-_STIFFNESS:g} {-damping - 1e-6:.9g}" solimp="0.99 0.99 0.001"'


def _size(members: np.ndarray) -> int:
    """Coordinates of a body: a single smooth ball's turning is nobody's affair."""
    return 2 if len(members) == 1 else 3
