"""Public sections at three Reynolds numbers: does a model answer as OpenFOAM does, or refuse?

Thirty sections of the UIUC database as AeroSandbox ships it (`pip install aerosandbox`), of
gliders, models, propellers and airliners. Each is asked for at the angle at which the model sees a
lift of 0.5; there stands one flow of OpenFOAM on the cells of the reference. A question is refused
where the model itself marks it: beyond its data by distance or angle, at a Reynolds number it does
not know, or where it sees no such lift. Refused ones are solved, too: a refusal of what it knows is
a fault as well.

    python -m benchmarks.studies.foil_sections
"""

import math
import time
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import brentq

from benchmarks._common import RESULTS, arguments, publish, show
from invdesign import load, rollout
from invdesign.families.airfoil._polar_command import fitted, read_outline, scene_at
from invdesign.families.airfoil._reference import RESOLUTION
from invdesign.reference import OpenFOAM
from invdesign.scenes import SectionScene
from invdesign.scenes._forces import foil_coefficients
from invdesign.sections import SectionLayout, open_base
from invdesign.simulators import FlowSimulator
from invdesign.simulators.mesh._beyond import beyond_data

LIFT = 0.5
REYNOLDS = (5e5, 1e6, 2e6)
ANGLES = (-4.0, 10.0)  # degrees, where the lift is looked for
CLOSE = 0.02  # of the drag: an answer
NAMES = [
    "n0012",
    "naca2412",
    "n2415",
    "naca4415",
    "naca23012",
    "naca23015",
    "n63415",
    "naca643618",
    "rae2822",
    "whitcomb",
    "clarky",
    "e387",
    "e205",
    "e214",
    "e193",
    "e423",
    "s1223",
    "s3021",
    "s4083",
    "s7055",
    "sd7037",
    "sd7062",
    "rg15",
    "hq2510",
    "mh32",
    "ag24",
    "dae11",
    "fx63137",
    "goe398",
    "ls413",
]
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--model", {"default": "airfoil-mixed-fine", "help": "a name, or a .safetensors file"}),
)


def database() -> Path:
    """The folder of .dat files."""
    import aerosandbox

    return Path(aerosandbox.__file__).parent / "geometry" / "airfoil" / "airfoil_database"


@eqx.filter_jit
def coefficients(simulator: FlowSimulator, scene: SectionScene) -> jax.Array:
    """Lift and drag by the model."""
    played = rollout(simulator, scene, num_steps=1, throw=False)
    found = foil_coefficients(jax.tree.map(lambda x: x[-1], played.frames))
    return jnp.stack([found.lift, found.drag])


def asked(name: str, simulator: FlowSimulator, reynolds: float, solver: OpenFOAM) -> dict[str, Any]:
    """One question, the model's answer, and the solver's at the same angle."""
    layout = SectionLayout()
    surface, _ = open_base(fitted(read_outline(str(database() / f"{name}.dat")), layout), layout)

    def at(angle: float) -> SectionScene:
        return scene_at(surface, math.radians(angle), reynolds)

    def excess(angle: float) -> float:
        return float(coefficients(simulator, at(angle))[0]) - LIFT

    row: dict[str, Any] = {"section": name, "reynolds": reynolds}
    try:
        within = excess(ANGLES[0]) < 0 < excess(ANGLES[1])
    except ValueError as error:  # the Reynolds number
        return row | {"refused": True, "why": str(error)}
    if not within:
        return row | {"refused": True, "why": f"no lift of {LIFT:g} by the model"}
    scene = at(brentq(excess, *ANGLES, xtol=1e-4))
    distances, far = beyond_data(simulator, [scene])
    lift, drag = np.asarray(coefficients(simulator, scene)).tolist()
    row |= {"refused": bool(far[0]), "distance": float(distances[0])}
    row |= {"angle": math.degrees(float(scene.angle)), "lift": lift, "drag": drag}
    solved = solver.solve(scene)
    row |= {"why": solved.failure, "reference_lift": solved.lift, "reference_drag": solved.drag}
    return row | {"error": drag / solved.drag - 1}


def counts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How many questions were answered, how well, and what was refused."""
    known = [row for row in rows if math.isfinite(row.get("error", math.nan))]
    answers = [abs(row["error"]) for row in known if not row["refused"]]
    refusals = [abs(row["error"]) for row in known if row["refused"]]
    return {
        "questions": len(rows),
        "answered": sum(not row["refused"] for row in rows),
        "unsettled": sum(not row["refused"] for row in rows) - len(answers),
        f"within {CLOSE:.0%}": sum(error < CLOSE for error in answers),
        "median error": float(np.median(answers)) if answers else None,
        "largest error": max(answers, default=None),
        f"refused, yet within {CLOSE:.0%}": sum(error < CLOSE for error in refusals),
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    given.out = given.out or RESULTS / "foil_sections.json"
    simulator = load(given.model)
    assert isinstance(simulator, FlowSimulator)
    solver = OpenFOAM(resolution=1 if given.quick else RESOLUTION)
    start, rows = time.perf_counter(), []
    for reynolds in REYNOLDS:
        for name in NAMES[:3] if given.quick else NAMES:
            rows.append(asked(name, simulator, reynolds, solver))
            seconds = time.perf_counter() - start
            publish(__file__, given, {"model": given.model, "seconds": seconds, "rows": rows})
    totals = [
        {"Reynolds number": f"{reynolds:.0e}"}
        | counts([row for row in rows if row["reynolds"] == reynolds])
        for reynolds in REYNOLDS
    ]
    show(f"drag of public sections at a lift of {LIFT:g}", totals)


if __name__ == "__main__":
    main()
