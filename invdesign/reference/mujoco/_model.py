"""Scenes of ropes as models of MuJoCo."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...scenes import HalfSpaces, NodeKind, RopeScene
from ...scenes._capsules import Capsules
from ...scenes._ropes import GRAVITY

_MASS = 0.05  # kg a node
_PAIR = 2  # of time constants a time step, the least that MuJoCo takes


def rope_model(scene: RopeScene, timestep: float) -> str:
    """A scene as MJCF; `timestep` in seconds.

    Nodes are spheres on slides, links are tendons of constant length. The plane of a plane scene is
    that of the first and the last axis.
    """
    stiff = f'solref="{_PAIR * timestep:.9g} 1"'
    nodes = [_node(scene, index) for index in range(len(scene.kind))]
    geoms = [geom for kind in scene.obstacles for geom in _geoms(kind, stiff)]
    pairs = [pair for pair in scene.links.tolist() if pair[0] != pair[1]]
    tendons = [
        f'<spatial name="t{i}"><site site="s{a}"/><site site="s{b}"/></spatial>'
        for i, (a, b) in enumerate(pairs)
    ]
    equalities = [f'<tendon tendon1="t{i}" {stiff}/>' for i in range(len(pairs))]
    return "".join(
        [
            "<mujoco>",
            f'<option timestep="{timestep:.9g}" integrator="implicitfast" solver="Newton" '
            f'gravity="0 0 {-GRAVITY}" tolerance="1e-10"/>',
            f"<worldbody>{''.join(geoms)}{''.join(nodes)}</worldbody>",
            f"<tendon>{''.join(tendons)}</tendon><equality>{''.join(equalities)}</equality>",
            "</mujoco>",
        ]
    )


def free_nodes(scene: RopeScene) -> np.ndarray:
    """Indices of the nodes that move, in the order of MuJoCo's coordinates."""
    return np.flatnonzero(scene.kind == NodeKind.FREE)


def _node(scene: RopeScene, index: int) -> str:
    joints = ""
    if scene.kind[index] == NodeKind.FREE:
        damping = f'damping="{float(scene.damping[index]) * _MASS:.9g}"'
        joints = "".join(
            f'<joint type="slide" axis="{_vector(axis)}" {damping}/>'
            for axis in np.eye(scene.position.shape[1])
        )
    return (
        f'<body pos="{_vector(scene.position[index])}">{joints}<site name="s{index}"/>'
        f'<geom type="sphere" size="{scene.radius:.9g}" mass="{_MASS}" contype="1" '
        'conaffinity="2"/></body>'
    )


def _geoms(obstacles: Any, stiff: str) -> Iterator[str]:
    """Geometries that touch nodes alone: without friction or bounce, whatever a node has."""
    contact = f'contype="2" conaffinity="1" priority="1" condim="1" {stiff}'
    if isinstance(obstacles, HalfSpaces):
        for normal, offset in zip(obstacles.normal, obstacles.offset, strict=True):
            yield (
                f'<geom type="plane" size="0 0 1" pos="{_vector(offset * normal)}" '
                f'zaxis="{_vector(normal)}" {contact}/>'
            )
    elif isinstance(obstacles, Capsules):
        for (start, end), radius in zip(obstacles.segments, obstacles.thickness, strict=True):
            if np.linalg.norm(end - start) < 1e-9:
                shape = f'type="sphere" pos="{_vector(start)}"'
            else:
                shape = f'type="capsule" fromto="{_vector(start)} {_vector(end)}"'
            yield f'<geom {shape} size="{radius:.9g}" {contact}/>'
    else:
        raise ValueError(
            f"MuJoCo takes obstacles that are `HalfSpaces` or `Capsules`, got "
            f"`{type(obstacles).__name__}`."
        )


def _vector(values: Any) -> str:
    """Coordinates in space; those of a plane scene go to the first and the last axis."""
    numbers = [float(value) for value in values]
    if len(numbers) == 2:
        numbers.insert(1, 0.0)
    return " ".join(f"{number:.9g}" for number in numbers)
