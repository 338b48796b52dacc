"""What models of MuJoCo have in common: coordinates and obstacles as MJCF."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...scenes import HalfSpaces
from ...scenes._capsules import Capsules
from ...scenes._ropes import GRAVITY

_PAIR = 2  # of time constants a time step, the least that MuJoCo takes


def option(timestep: float) -> str:
    """The solver's settings; `timestep` in seconds."""
    return (
        f'<option timestep="{timestep:.9g}" integrator="implicitfast" solver="Newton" '
        f'gravity="0 0 {-GRAVITY}" tolerance="1e-10"/>'
    )


def stiff(timestep: float, damping: float = 1.0) -> str:
    """As stiff as a time step allows; `damping`: over the critical one."""
    return f'solref="{_PAIR * timestep:.9g} {damping:.9g}"'


def slides(dim: int, damping: str = "") -> str:
    """Joints along the axes of a scene."""
    return "".join(f'<joint type="slide" axis="{vector(axis)}" {damping}/>' for axis in np.eye(dim))


def obstacle_geoms(obstacles: Any, timestep: float, damping: float = 1.0) -> Iterator[str]:
    """Geometries that touch nodes alone: without friction or bounce, whatever a node has.

    **Arguments:** `damping`: of contacts, over the critical one.
    """
    contact = f'contype="2" conaffinity="1" priority="1" condim="1" {stiff(timestep, damping)}'
    if isinstance(obstacles, HalfSpaces):
        for normal, offset in zip(obstacles.normal, obstacles.offset, strict=True):
            yield plane(offset * normal, normal, contact)
    elif isinstance(obstacles, Capsules):
        for (start, end), radius in zip(obstacles.segments, obstacles.thickness, strict=True):
            if np.linalg.norm(end - start) < 1e-9:
                shape = f'type="sphere" pos="{vector(start)}"'
            else:
                shape = f'type="capsule" fromto="{vector(start)} {vector(end)}"'
            yield f'<geom {shape} size="{radius:.9g}" {contact}/>'
    else:
        raise ValueError(
            f"MuJoCo takes obstacles that are `HalfSpaces` or `Capsules`, got "
            f"`{type(obstacles).__name__}`."
        )


def plane(place: Any, normal: Any, contact: str) -> str:
    """A wall through a place, solid behind it."""
    return (
        f'<geom type="plane" size="0 0 1" pos="{vector(place)}" zaxis="{vector(normal)}" '
        f"{contact}/>"
    )


def vector(values: Any) -> str:
    """Coordinates in space; those of a plane scene go to the first and the last axis."""
    numbers = [float(value) for value in values]
    if len(numbers) == 2:
        numbers.insert(1, 0.0)
    return " ".join(f"{number:.9g}" for number in numbers)
