"""The question of the task `airfoil`, put to what engineers use; each winner judged by all judges.

Least drag at a lift of 0.5 and Re 6.67e5, fully turbulent, for a section that is at least as thick,
as round and as large as the task demands. Contenders:

- `NACA 0012`: where the task starts;
- `learned, slsqp` and `openfoam, slsqp`, with where it began: sections that `foil_design` stored;
- `adjointOptimisationFoam`: the section that `foil_adjoint` stored;
- `AeroSandbox`: its Kulfan section of 16 weights, IPOPT, NeuralFoil's drag, both sides tripped at a
  hundredth of the chord, and the demands of the task. Needs `pip install aerosandbox`.

Judges, each at the angle at which it sees the lift: OpenFOAM on nine times the cells of the working
grid, XFOIL and NeuralFoil tripped at a hundredth of the chord.

    python -m benchmarks.studies.foil_rivals
"""

import math
import time
from typing import Any

import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, arguments, publish, show
from benchmarks._xfoil import PRELOAD, TRIP, xfoil
from benchmarks.studies.foil_adjoint import violations
from invdesign import Task
from invdesign.families.airfoil._trim import trimmed
from invdesign.io._reading import read_json
from invdesign.reference import OpenFOAM
from invdesign.scenes import SectionScene
from invdesign.sections import SectionLayout
from invdesign.spaces import FFD
from invdesign.studies._registry import load_task

LIFT, REYNOLDS = 0.5, 10.0 / 1.5e-5
FINEST = 3  # times the working grid's cells, along either axis
STATIONS = np.linspace(0.05, 0.95, 10)  # those of the task's thickness
_NETWORK = "xxxlarge"
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (PRELOAD,)


def stored_sections(task: Task) -> dict[str, np.ndarray]:
    """The sections that other studies found, in the solver's layout."""
    space = task.space
    assert isinstance(space, FFD)
    found = {"NACA 0012": np.asarray(space.baseline)}
    for run in read_json(RESULTS / "foil_design.json")["results"]["runs"]:
        if run["name"].partition(" from ")[0] in ("learned, slsqp", "openfoam, slsqp"):
            parameters = jnp.asarray(run["parameters"][:-1], jnp.float32)
            found[run["name"]] = np.asarray(space.bend(parameters))
    adjoint = read_json(RESULTS / "foil_adjoint.json")["results"]
    found["adjointOptimisationFoam"] = np.asarray(adjoint["surface"])
    return found


def by_aerosandbox(baseline: np.ndarray) -> tuple[np.ndarray, float]:
    """AeroSandbox's section in Selig's order, and the seconds of its search."""
    import aerosandbox as asb

    points = baseline[: 2 * SectionLayout().num_side + 1]
    first = asb.Airfoil("NACA 0012", coordinates=points).to_kulfan_airfoil()
    nose, base = float(first.LE_radius()), float(first.TE_thickness)
    room, area = np.asarray(first.local_thickness(STATIONS)), float(first.area())
    start = time.perf_counter()
    opti = asb.Opti()
    section = asb.KulfanAirfoil(
        name="found",
        lower_weights=opti.variable(init_guess=first.lower_weights, lower_bound=-0.5),
        upper_weights=opti.variable(init_guess=first.upper_weights, upper_bound=0.5),
        leading_edge_weight=opti.variable(init_guess=first.leading_edge_weight),
        TE_thickness=base,
    )
    angle = opti.variable(init_guess=4.5, lower_bound=-2, upper_bound=8)
    found = section.get_aero_from_neuralfoil(
        angle, REYNOLDS, xtr_upper=TRIP, xtr_lower=TRIP, n_crit=9, model_size=_NETWORK
    )
    thickness = section.local_thickness(STATIONS)
    opti.subject_to(
        [
            found["CL"] == LIFT,
            found["analysis_confidence"] > 0.9,
            thickness >= 0.5 * room,
            thickness <= 3.0 * room,
            section.area() >= area,
            section.LE_radius() >= 0.82 * nose,  # 0.8 by the task's own measure
        ]
    )
    opti.minimize(found["CD"])
    solved = opti.solve(verbose=False, behavior_on_failure="raise")
    section = solved(section)
    return np.asarray(section.to_airfoil(200).coordinates), time.perf_counter() - start


def by_neuralfoil(points: np.ndarray) -> float | None:
    """Its drag of a section at the lift, or `None`; the angle by secants."""
    import aerosandbox as asb
    from scipy.optimize import brentq

    section = asb.Airfoil("section", coordinates=points)

    def at(angle: float) -> dict[str, Any]:
        return section.get_aero_from_neuralfoil(
            angle, REYNOLDS, xtr_upper=TRIP, xtr_lower=TRIP, n_crit=9, model_size=_NETWORK
        )

    found = brentq(lambda angle: float(np.squeeze(at(angle)["CL"])) - LIFT, -6.0, 10.0, xtol=1e-5)
    return float(np.squeeze(at(float(found))["CD"]))


def judged(surface: np.ndarray, task: Task, preload: str, quick: bool) -> dict[str, Any]:
    """What each judge says of a section, and what of the task's demands it misses."""
    points = surface[: 2 * SectionLayout().num_side + 1]
    scene = SectionScene(jnp.asarray(surface, jnp.float32), math.radians(2.0))
    solved = trimmed(scene, LIFT, OpenFOAM(resolution=1 if quick else FINEST))
    rows = xfoil(points, f"CL {LIFT}", reynolds=REYNOLDS, preload=preload)
    return {
        "openfoam": None if solved.result.failure else solved.result.drag,
        "failure": solved.result.failure,
        "xfoil": float(rows[-1, 2]) if len(rows) else None,
        "neuralfoil": by_neuralfoil(points),
        "violations": violations(task, surface),
        "surface": surface.tolist(),
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    given.out = given.out or RESULTS / "foil_rivals.json"
    task, layout = load_task("airfoil"), SectionLayout()
    sections, seconds = stored_sections(task), {}
    points, seconds["AeroSandbox"] = by_aerosandbox(sections["NACA 0012"])
    sections["AeroSandbox"] = np.asarray(layout.fit(points))
    rows = []
    for name, surface in sections.items():
        row = judged(surface, task, given.xfoil_preload, given.quick)
        rows.append({"name": name, "seconds": seconds.get(name), **row})
        publish(__file__, given, {"rows": rows})
    show("least drag at a lift of 0.5", [saved(row, rows[0]) for row in rows])


def saved(row: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    """A line of the table: drags, and what each judge says is saved."""
    line: dict[str, Any] = {"name": row["name"]}
    for judge in ("openfoam", "xfoil", "neuralfoil"):
        own, usual = row[judge], first[judge]
        line[judge] = own
        line[f"{judge} saved"] = None if own is None or usual is None else 1 - own / usual
    return line | {"misses": ", ".join(row["violations"]) or "nothing"}


if __name__ == "__main__":
    main()
