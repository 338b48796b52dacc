"""Airfoil: least drag at constant lift, for a section as thick and as round as its task needs."""

import math
import warnings
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import numpy as np

from invdesign import BuildFoil, Option, Task, flight_points
from invdesign.io import StoredSection, read_section
from invdesign.objectives import (
    AreaAtLeast,
    Drag,
    DragCoefficient,
    LiftCoefficient,
    LiftTarget,
    LiftToDrag,
    MomentAtLeast,
    NoseRadiusAtLeast,
    SparAtLeast,
    ThicknessWithin,
    TrailingAngleAtLeast,
    TrailingEdgeAtLeast,
)
from invdesign.sections import SectionLayout, naca4, open_base
from invdesign.spaces import FFD, Slice

RADIANS_PER_LIFT = 0.1717  # of NACA 0012 in OpenFOAM on 16,128 cells
LIFT = 0.5
ANGLES = (math.radians(-2), math.radians(8))  # those of the data
# What keeps the lift: radians for a chord of camber in all columns, or less in the first of the
# three inner columns and more in the last; of NACA 0012, and within 0.01 of the lift in the slices.
PER_CAMBER, PER_AFT = -1.90, -0.74


def camber_slices(space: FFD) -> dict[str, Slice]:
    """Camber, as much in all columns; and where it sits. Angles follow, so that the lift stays."""
    columns = space.columns - 2

    def direction(camber: np.ndarray, radians: float) -> np.ndarray:
        still = np.zeros(space.columns)
        return np.concatenate([camber, still, np.full(len(space.initial_angles), radians)])

    even = direction(np.ones(columns), PER_CAMBER)
    aft = direction(np.linspace(-1.0, 1.0, columns), PER_AFT)
    base = np.concatenate([np.zeros(columns + space.columns), np.asarray(space.initial_angles)])
    most = float(space.max_camber)
    least, greatest = space.bounds()
    return {
        "camber": Slice(("camber",), [0.0], [most], [even], base, least, greatest),
        "camber and where": Slice(
            ("camber", "aft"), [0.0, -0.6 * most], [most, 0.6 * most], [even, aft], base, least,
            greatest,
        ),
    }  # fmt: skip


def airfoil(
    lifts: Sequence[float] = (0.5,),
    *,
    section: str = "0012",
    spar: float | None = None,
    spar_at: float = 0.35,
    trailing_angle: float | None = None,
    moment: float | None = None,
    reynolds: float | None = None,
    name: str = "airfoil",
) -> Task:
    """Least mean drag at these lift coefficients, with one shape and an angle for each.

    **Arguments:** `section`: that is bent and measured against: a four-digit NACA section, or a
    `.dat` file, whose trailing edge is opened if it is too thin for a grid; what there is to say of
    it comes as a warning. The shipped model knows sections bent out of NACA 0012 best. `spar`:
    least thickness in chords at `spar_at`; `trailing_angle`: least angle of the trailing edge in
    degrees; `moment`: least pitching moment about the quarter chord, positive nose up; `None` where
    nothing is asked. `reynolds`: on the chord, 6.67e5 by default; models know 3e5 to 3e6.

    **Raises:** `ValueError` if a lift is out of reach of the angles, or `section` is none.
    """
    layout = SectionLayout()
    if section.isdecimal():
        stored = StoredSection(naca4(section), section)
    else:
        stored = read_section(section)
    baseline, opened = open_base(layout.fit(stored.outline), layout)
    for note in (*stored.notes, *opened):
        warnings.warn(f"{section}: {note}", stacklevel=2)
    asked = [] if spar is None else [SparAtLeast(layout, spar, spar_at)]
    asked += [] if trailing_angle is None else [TrailingAngleAtLeast(layout, trailing_angle)]
    asked += [] if moment is None else [MomentAtLeast(moment)]
    points = flight_points(lifts)
    angles = RADIANS_PER_LIFT * np.asarray(lifts, float)
    space = FFD(baseline, layout, angles=ANGLES, initial_angles=angles)
    return Task(
        name=name,
        space=space,
        build=BuildFoil() if reynolds is None else BuildFoil(viscosity=10.0 / reynolds),
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
            *asked,
        ),
        metrics={"cd": DragCoefficient(), "cl": LiftCoefficient()},
        slices=camber_slices(space),
    )


def single_point(
    lift: Annotated[float, Option("Lift coefficient that is held.", least=0.0, most=0.8)] = LIFT,
    section: Annotated[
        str, Option("That is bent: a four-digit NACA section, or a .dat file.", file=True)
    ] = "0012",
    spar: Annotated[
        float | None, Option("Least thickness in chords at --spar-at.", above=0.0, most=0.3)
    ] = None,
    spar_at: Annotated[
        float | None,
        Option("Where along the chord the spar is, 0.35 by default.", least=0.02, most=0.98),
    ] = None,
    trailing_angle: Annotated[
        float | None,
        Option("Least angle of the trailing edge in degrees.", above=0.0, most=45.0),
    ] = None,
    moment: Annotated[
        float | None,
        Option("Least pitching moment about the quarter chord, nose up.", least=-0.3, most=0.1),
    ] = None,
    reynolds: Annotated[
        float | None,
        Option("On the chord; models know 3e5 to 3e6, OpenFOAM takes any.", least=1e4, most=1e8),
    ] = None,
) -> Task:
    """Least drag at one lift coefficient, with what else is asked of the section."""
    if spar_at is not None and spar is None:
        raise ValueError(f"`--spar-at {spar_at:g}` has no effect without `--spar`.")
    asked = spar, trailing_angle, moment, reynolds
    usual = lift == LIFT and section == "0012" and not any(value is not None for value in asked)
    name = f"airfoil-cl{lift:g}"
    for word, value in zip(("spar", "angle", "moment", "re"), asked, strict=True):
        name += "" if value is None else f"-{word}{value:g}"
    return airfoil(
        (lift,),
        section=section,
        spar=spar,
        spar_at=0.35 if spar_at is None else spar_at,
        trailing_angle=trailing_angle,
        moment=moment,
        reynolds=reynolds,
        name="airfoil" if usual else name,
    )


TASKS = {
    "airfoil": single_point,
    "airfoil-multipoint": partial(airfoil, (0.3, 0.5, 0.7), name="airfoil-multipoint"),
}
