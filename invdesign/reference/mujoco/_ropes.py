"""Scenes of ropes as models of MuJoCo."""

from typing import Any

import numpy as np

from ...scenes import NodeKind, RopeScene
from ._geoms import obstacle_geoms, option, slides, stiff, vector

_MASS = 0.05  # kg a node


class RopeModel:
    """A rope: nodes are spheres on slides, links are tendons of constant length.

    The plane of a plane scene is that of the first and the last axis. **Arguments:** `scene`: on
    the host.
    """

    def __init__(self, scene: RopeScene):
        self.scene, self.free = scene, np.flatnonzero(scene.kind == NodeKind.FREE)

    def mjcf(self, timestep: float) -> str:
        """The scene for steps of so many seconds."""
        scene = self.scene
        nodes = [self._node(index) for index in range(len(scene.kind))]
        geoms = [geom for kind in scene.obstacles for geom in obstacle_geoms(kind, timestep)]
        pairs = [pair for pair in scene.links.tolist() if pair[0] != pair[1]]
        tendons = [
            f'<spatial name="t{i}"><site site="s{a}"/><site site="s{b}"/></spatial>'
            for i, (a, b) in enumerate(pairs)
        ]
        equalities = [f'<tendon tendon1="t{i}" {stiff(timestep)}/>' for i in range(len(pairs))]
        return "".join(
            [
                f"<mujoco>{option(timestep)}",
                f"<worldbody>{''.join(geoms)}{''.join(nodes)}</worldbody>",
                f"<tendon>{''.join(tendons)}</tendon><equality>{''.join(equalities)}</equality>",
                "</mujoco>",
            ]
        )

    def place(self, data: Any) -> None:
        """Give MuJoCo's state the scene's velocities."""
        data.qvel[:] = self.scene.velocity[self.free].ravel()

    def read(self, data: Any) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities of all nodes, `(node, dim)` each."""
        shape = (len(self.free), self.scene.position.shape[1])
        position = np.array(self.scene.position, np.float64)
        velocity = np.zeros_like(position)
        position[self.free] += data.qpos.reshape(shape)
        velocity[self.free] = data.qvel.reshape(shape)
        return position, velocity

    def _node(self, index: int) -> str:
        scene, joints = self.scene, ""
        if scene.kind[index] == NodeKind.FREE:
            damping = f'damping="{float(scene.damping[index]) * _MASS:.9g}"'
            joints = slides(scene.position.shape[1], damping)
        return (
            f'<body pos="{vector(scene.position[index])}">{joints}<site name="s{index}"/>'
            f'<geom type="sphere" size="{scene.radius:.9g}" mass="{_MASS}" contype="1" '
            'conaffinity="2"/></body>'
        )
