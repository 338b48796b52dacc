"""A section at the angle of attack at which it has a lift, in the solver."""

import dataclasses
import math
from typing import NamedTuple

from ...reference.openfoam._solver import FlowResult, OpenFOAM
from ...scenes import SectionScene

_SLOPE = 5.6  # of lift over the angle of attack in radians, to begin with
_TRIMS = 5  # flows at most
_CLOSE = 1e-4  # of lift


class Trimmed(NamedTuple):
    """The last flow of a trim, which says if it failed; its angle in radians; the first flow."""

    result: FlowResult
    angle: float
    first: FlowResult


def trimmed(scene: SectionScene, lift: float, solver: OpenFOAM) -> Trimmed:
    """The flow at the angle at which lift is within 1e-4 of `lift`, by secants; five flows at most.

    A trim that does not get there has failed. The first angle is the scene's.
    """
    angles, lifts = [float(scene.angle)], []
    result = first = solver.solve(scene)
    while True:
        lifts.append(result.lift)
        if result.failure is not None or abs(result.lift - lift) < _CLOSE:
            return Trimmed(result, angles[-1], first)
        if len(lifts) == _TRIMS:
            failure = f"lift is {result.lift:.4f} after {_TRIMS} flows, not {lift:g}"
            result = dataclasses.replace(result, drag=math.nan, failure=failure)
            return Trimmed(result, angles[-1], first)
        slope = _SLOPE
        if len(lifts) > 1 and abs(lifts[-1] - lifts[-2]) > _CLOSE:
            slope = (lifts[-1] - lifts[-2]) / (angles[-1] - angles[-2])
        angles.append(angles[-1] + (lift - lifts[-1]) / slope)
        result = solver.solve(dataclasses.replace(scene, angle=angles[-1]))
