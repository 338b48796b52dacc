"""Cases of OpenFOAM's own optimizer, `adjointOptimisationFoam`: written, run and read.

It has its objectives and constraints from `write_adjoint_case`, and moves the grid by volumetric
B-splines, 5 x 2 free control points up and down, edges held.
"""

import math
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from invdesign.grids import OGrid
from invdesign.io._atomic import write_text
from invdesign.reference.openfoam._case import write_case
from invdesign.reference.openfoam._poly_mesh import write_poly_mesh
from invdesign.reference.openfoam._solver import _environment
from invdesign.reference.openfoam._text import header

PROGRAM = "adjointOptimisationFoam"
_FIELDS = {
    "Ua": ("volVectorField", "0 1 -1", "(0 0 0)", "adjointWallVelocity", "adjointFarFieldVelocity"),
    "pa": ("volScalarField", "0 2 -2", "0", "zeroGradient", "adjointFarFieldPressure"),
    "nuaTilda": ("volScalarField", "0 0 -1", "0", "fixedValue", "adjointFarFieldNuaTilda"),
}
_CONTROL = """application adjointOptimisationFoam;
startFrom startTime; startTime 0; stopAt endTime; endTime %d; deltaT 1;
writeControl timeStep; writeInterval 1; writeFormat ascii; writePrecision 12; timePrecision 8;
"""
_ADJOINT_TURBULENCE = """adjointRASModel adjointSpalartAllmaras;
adjointSpalartAllmarasCoeffs { nSmooth 0; zeroATCPatchTypes (wall); maskType pointCells; }
adjointTurbulence on; printCoeffs off;
"""
# The outer rows and columns of control points are held: 7 x 4 leave 5 x 2.
_SPLINES = """solver volumetricBSplinesMotionSolver;
volumetricBSplinesMotionSolverCoeffs
{
    lattice
    {
        type cartesian; nCPsU 7; nCPsV 4; nCPsW 3; degreeU 3; degreeV 3; degreeW 2;
        controlPointsDefinition axisAligned;
        lowerCpBounds (0 -0.25 -0.1); upperCpBounds (1 0.25 1.1);
        confineX1movement true; confineX2movement false; confineX3movement true;
        confineBoundaryControlPoints true;
    }
}
"""
_SOLUTION = """solvers
{
    "p|pa.*" { solver GAMG; smoother GaussSeidel; tolerance 1e-9; relTol 0.05; }
    "(U|nuTilda)" { solver smoothSolver; smoother symGaussSeidel; tolerance 1e-10; relTol 0.1; }
    "(Ua|nuaTilda|da).*" { solver PBiCGStab; preconditioner DILU; tolerance 1e-10; relTol 0.1; }
    "m|ma" { solver PCG; preconditioner DIC; tolerance 1e-9; relTol 0.01; }
}
SIMPLE { consistent yes; nNonOrthogonalCorrectors 0; }
relaxationFactors
{
    fields { p 1; "pa.*" 0.3; }
    equations { U 0.9; nuTilda 0.9; "Ua.*" 0.5; "nuaTilda.*" 0.3; "da.*" 0.7; }
}
"""
_MORE_SCHEMES = """
    default Gauss linear;
    "div\\(-phi,Ua.*\\)" bounded Gauss linearUpwind gradUaConv;
    "div\\(-phi,nuaTilda.*\\)" bounded Gauss upwind;
    div(-yPhi,da) Gauss linearUpwind gradDaConv;
"""
_GRADIENTS = """
    default Gauss linear;
    gradUaConv cellLimited Gauss linear 1; gradDaConv cellLimited Gauss linear 1;
"""
_ADJOINT = """
            %(name)s
            {
                active true; type incompressible; solver adjointSimple;
                useSolverNameForFields true; isConstraint %(constraint)s;
                objectives
                {
                    type incompressible;
                    objectiveNames { %(name)s { weight 1; patches (wing); %(objective)s } }
                }
                ATCModel
                {
                    ATCModel standard; extraConvection 0; nSmooth 0;
                    zeroATCPatchTypes (wall); maskType pointCells;
                }
                solutionControls
                {
                    nIters %(steps)d; consistent true;
                    residualControl { "pa.*" 1e-5; "Ua.*" 1e-5; "nuaTilda.*" 1e-5; }
                }
            }"""
_OPTIMISATION = """optimisationManager steadyOptimisation;
primalSolvers
{
    op
    {
        active true; type incompressible; solver simple; useSolverNameForFields false;
        solutionControls
        {
            nIters 400; consistent true;
            residualControl { p 1e-6; U 1e-6; nuTilda 1e-6; }
        }
    }
}
adjointManagers
{
    am
    {
        primalSolver op; operatingPointWeight 1;
        adjointSolvers
        {%(adjoints)s
        }
    }
}
optimisation
{
    optimisationType { type shapeOptimisation; writeEachMesh true; }
    sensitivities
    {
        type volumetricBSplinesFI; patches (wing); includeDistance true;
        adjointEikonalSolver { iters 1000; tolerance 1e-6; epsilon 0.1; }
    }
    updateMethod
    {
        %(method)s
        SQP { etaHessian 0.8; nSteepestDescent 1; scaleFirstHessian true; }
    }
    meshMovement { type volumetricBSplines; %(step)s }
}
"""


def objectives(angle: float, lift: float) -> dict[str, str]:
    """What the program calls drag, lift and area, in its dictionaries' words."""
    cos, sin = math.cos(angle), math.sin(angle)
    scale = "Aref 1; rhoInf 1; UInf 10;"
    return {
        "drag": f"type force; direction ({cos!r} {sin!r} 0); {scale}",
        "lift": f"type forceTarget; target {lift}; direction ({-sin!r} {cos!r} 0); {scale}",
        "area": "type partialVolume;",
    }


def write_adjoint_case(
    case: Path,
    surface: Any,
    angle: float,
    *,
    lift: float,
    names: Sequence[str],
    cycles: int,
    steps: int,
    update: dict[str, str],
) -> None:
    """The reference solver's own case with what the adjoint needs; the first name is minimized."""
    nodes = np.asarray(OGrid()(jnp.asarray(surface)), float)
    write_poly_mesh(nodes, case)
    write_case(case, angle=angle, speed=10.0, viscosity=1.5e-5, max_steps=400, tolerance=1e-6)
    terms = objectives(angle, lift)
    adjoints = "".join(
        _ADJOINT
        % {
            "name": name,
            "constraint": "false" if name == names[0] else "true",
            "objective": terms[name],
            "steps": steps,
        }
        for name in names
    )
    schemes = (case / "system" / "fvSchemes").read_text()
    schemes = schemes.replace("default none;", _MORE_SCHEMES.strip())
    schemes = schemes.replace("{ default Gauss linear; }", "{" + _GRADIENTS + "}", 1)
    texts = {
        "system/controlDict": _CONTROL % cycles,
        "system/optimisationDict": _OPTIMISATION % {"adjoints": adjoints, **update},
        "system/fvSolution": _SOLUTION,
        "system/fvSchemes": schemes[schemes.index("\n") + 1 :],
        "constant/adjointRASProperties": _ADJOINT_TURBULENCE,
        "constant/dynamicMeshDict": _SPLINES,
    }
    for name, text in texts.items():
        write_text(case / name, header("dictionary", Path(name).name) + text)
    for name, (kind, dimensions, zero, wall, far) in _FIELDS.items():
        value = f"value uniform {zero};"
        text = f"""dimensions [{dimensions} 0 0 0 0];
internalField uniform {zero};
boundaryField
{{
    wing {{ type {wall}; {value} }}
    far {{ type {far}; {value} }}
    sides {{ type empty; }}
}}
"""
        write_text(case / "0" / name, header(kind, name) + text)


def run_program(case: Path, limit: float) -> dict[str, Any]:
    """Run a case; what it took, and why it stopped early if it did."""
    start, failure = time.perf_counter(), None
    log = case / "log"
    with log.open("w") as out:
        try:
            done = subprocess.run(
                [PROGRAM, "-case", case],
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=limit,
                env=_environment(),
                cwd=case,  # where it leaves its sensitivities
                check=False,
            )
            if done.returncode:
                failure = f"{PROGRAM} ended with exit status {done.returncode}."
        except subprocess.TimeoutExpired:
            failure = f"{PROGRAM} was stopped after {limit:g} s."
    text = log.read_text()
    work = re.findall(r"ExecutionTime = (\S+) s", text)
    last = {
        name: [float(x) for x in re.findall(rf"for pa{name}, Initial residual = (\S+),", text)][-1:]
        for name in ("drag", "lift")
    }
    return {
        "seconds": time.perf_counter() - start,
        "seconds_of_the_program": float(work[-1]) if work else 0.0,
        "last_residual_of_adjoint_pressure": {name: x[0] for name, x in last.items() if x},
        "failure": failure,
    }


def history(case: Path, name: str) -> np.ndarray:
    """Values of an objective at the start of every cycle, `(cycle,)`."""
    path = case / "optimisation" / "objective" / "0" / f"{name}{name}"
    return np.loadtxt(path, comments="#", ndmin=2)[:, 1] if path.exists() else np.zeros(0)


def surface_of(case: Path, cycle: int, num: int) -> np.ndarray:
    """The section that was solved in a cycle, counted from 1, `(num, 2)`."""
    folder = "constant" if cycle == 1 else str(cycle)
    path = case / folder / "polyMesh" / "points"
    if not path.exists():
        path = path.with_name("points.gz")
    text = path.read_text()
    rows = re.findall(r"^\((\S+) (\S+) \S+\)$", text, re.MULTILINE)
    return np.asarray(rows[:num], float)
