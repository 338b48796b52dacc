"""The dictionaries of a simpleFoam case: fluid, boundary conditions, schemes, what to write."""

import math
import re
from pathlib import Path

from ._text import header

# Of the stream, over the kinematic viscosity: a fully turbulent boundary layer.
_INFLOW_TURBULENCE = 3.0
_DIMENSIONS = {"U": "0 1 -1", "p": "0 2 -2", "nuTilda": "0 2 -1", "nut": "0 2 -1"}
_WALL = {
    "U": "type fixedValue; value uniform (0 0 0);",
    "p": "type zeroGradient;",
    "nuTilda": "type fixedValue; value uniform 0;",
    "nut": "type nutUSpaldingWallFunction; value uniform 0;",
}
_TRANSPORT = "transportModel Newtonian; nu {viscosity!r};\n"
_TURBULENCE = """simulationType RAS;
RAS { RASModel SpalartAllmaras; turbulence on; printCoeffs off; }
"""
_SCHEMES = """ddtSchemes { default steadyState; }
gradSchemes { default Gauss linear; }
divSchemes
{
    default none;
    div(phi,U) bounded Gauss linearUpwindV grad(U);
    div(phi,nuTilda) bounded Gauss upwind;
    div((nuEff*dev2(T(grad(U))))) Gauss linear;
}
laplacianSchemes { default Gauss linear corrected; }
interpolationSchemes { default linear; }
snGradSchemes { default corrected; }
wallDist { method meshWave; }
"""
_SOLUTION = """solvers
{
    p { solver GAMG; smoother GaussSeidel; tolerance 1e-9; relTol %(p_share)r; }
    "(U|nuTilda)"
    { solver smoothSolver; smoother symGaussSeidel; tolerance 1e-10; relTol %(share)r; }
}
SIMPLE
{
    consistent yes;
    nNonOrthogonalCorrectors 0;
    residualControl { p %(tolerance)r; U %(tolerance)r; nuTilda %(tolerance)r; }
}
relaxationFactors { fields { p %(p)r; } equations { U 0.9; nuTilda %(nuTilda)r; } }
"""
# How far an iteration goes and how well its linear systems are solved. Neither moves the solution
# that iterations end at, which the factor of U would: it enters the flux through the faces.
_BRISK = {"p_share": 0.05, "share": 0.1, "p": 1, "nuTilda": 0.9}
_GENTLE = {"p_share": 0.001, "share": 0.001, "p": 0.5, "nuTilda": 0.85}
_CONTROL = """application simpleFoam;
startFrom latestTime; stopAt endTime; endTime %(steps)d; deltaT 1;
writeControl timeStep; writeInterval %(steps)d; purgeWrite 1;
writeFormat ascii; writePrecision 9; timePrecision 8; runTimeModifiable false;
functions
{
    coefficients
    {
        type forceCoeffs; libs (forces); patches (wing); rho rhoInf; rhoInf 1;
        liftDir (%(lift)s); dragDir (%(drag)s); CofR (0.25 0 0); pitchAxis (0 0 1);
        magUInf %(speed)r; lRef 1; Aref 1; writeControl timeStep; writeInterval 1; log false;
    }
    wallShearStress
    {
        type wallShearStress; libs (fieldFunctionObjects); patches (wing);
        executeControl onEnd; writeControl onEnd; log false;
    }
}
"""


def write_case(
    case: Path, *, angle: float, speed: float, viscosity: float, max_steps: int, tolerance: float
) -> None:
    """Write everything of a case but its mesh; `angle` in radians."""
    cos, sin = math.cos(angle), math.sin(angle)
    _write(case / "constant" / "transportProperties", _TRANSPORT.format(viscosity=viscosity))
    _write(case / "constant" / "turbulenceProperties", _TURBULENCE)
    _write(case / "system" / "fvSchemes", _SCHEMES)
    directions = {"lift": f"{-sin!r} {cos!r} 0", "drag": f"{cos!r} {sin!r} 0"}
    control = _CONTROL % {"steps": max_steps, "speed": speed, **directions}
    _write(case / "system" / "fvSolution", _SOLUTION % {"tolerance": tolerance, **_BRISK})
    _write(case / "system" / "controlDict", control)
    stream = f"({speed * cos!r} {speed * sin!r} 0)"
    turbulence = repr(_INFLOW_TURBULENCE * viscosity)
    inflow = {"U": stream, "nuTilda": turbulence}
    far = {name: f"type inletOutlet; inletValue uniform {x};" for name, x in inflow.items()}
    far["p"] = "type outletInlet; outletValue uniform 0;"
    far["nut"] = "type calculated;"
    start = {"U": stream, "p": "0", "nuTilda": turbulence, "nut": "0"}
    for name, value in start.items():
        kind = "volVectorField" if name == "U" else "volScalarField"
        text = f"""dimensions [{_DIMENSIONS[name]} 0 0 0 0];
internalField uniform {value};
boundaryField
{{
    wing {{ {_WALL[name]} }}
    far {{ {far[name]} value uniform {value}; }}
    sides {{ type empty; }}
}}
"""
        _write(case / "0" / name, text, kind)


def write_gentle(case: Path, *, last: int, tolerance: float) -> None:
    """Have a case that has run go on to iteration `last`, by gentler iterations."""
    control = case / "system" / "controlDict"
    text = re.sub(r"\b(endTime|writeInterval) \d\d+;", rf"\1 {last};", control.read_text())
    control.write_text(text)
    _write(case / "system" / "fvSolution", _SOLUTION % {"tolerance": tolerance, **_GENTLE})


def _write(path: Path, text: str, kind: str = "dictionary") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header(kind, path.name) + text)
