"""Airfoil: least drag at constant lift, for a section as thick and as round as its task needs."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from invdesign import BuildFoil, Task, flight_points
from invdesign.objectives import (
    AreaAtLeast,
    Drag,
    DragCoefficient,
    LiftCoefficient,
    LiftTarget,
    LiftToDrag,
    NoseRadiusAtLeast,
    ThicknessWithin,
    TrailingEdgeAtLeast,
)
from invdesign.sections import SectionLayout, naca4
from invdesign.spaces import FFD

RADIANS_PER_LIFT = 0.1737  # of NACA 0012 in OpenFOAM on the working grid
ANGLES = (math.radians(-2), math.radians(8))  # those of the data


def airfoil(lifts: Sequence[float] = (0.5,), *, code: str = "0012", name: str) -> Task:
    """Least mean drag at these lift coefficients, with one shape and an angle for each.

    **Arguments:** `code`: of the four-digit NACA section that the search starts from.

    **Raises:** `ValueError` if a lift is out of reach of the angles, or `code` names no section.
    """
    layout = SectionLayout()
    baseline = layout.fit(naca4(code))
    points = flight_points(lifts)
    angles = RADIANS_PER_LIFT * np.asarray(lifts, float)
    return Task(
        name=name,
        space=FFD(baseline, layout, angles=ANGLES, initial_angles=angles),
        build=BuildFoil(),
        conditions=points,
        unseen=points,
        objective=Drag(),
        score=LiftToDrag(),
        num_steps=1,
        constraints=(
            LiftTarget(points.lift),
            ThicknessWithin(baseline, layout, 0.5, 3.0),
            AreaAtLeast(baseline),
            NoseRadiusAtLeast(baseline, layout, 0.8),
            TrailingEdgeAtLeast(baseline, layout),
        ),
        metrics={"cd": DragCoefficient(), "cl": LiftCoefficient()},
    )


TASKS = {
    "airfoil": partial(airfoil, name="airfoil"),
    "airfoil-multipoint": partial(airfoil, (0.3, 0.5, 0.7), name="airfoil-multipoint"),
}
