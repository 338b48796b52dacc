"""Models of constraints with other numbers of inner iterations."""

import dataclasses
from typing import Any

from ..simulators import ConstraintSimulator, GradientSteps

# Beside those of training; so many as the last come to the minimum.
ITERATIONS = (5, 10, 20, 200)


def iterated(simulator: ConstraintSimulator, number: int) -> ConstraintSimulator:
    """The same model with another number of inner iterations."""
    solver: Any = dataclasses.replace(simulator.solver, num_steps=number)
    return dataclasses.replace(simulator, solver=solver)


def counts_beside(simulator: ConstraintSimulator, most: int) -> tuple[int, ...]:
    """Numbers of inner iterations that a model is judged with beside its own, up to `most`."""
    solver = simulator.solver
    if not isinstance(solver, GradientSteps):
        return ()
    return tuple(count for count in ITERATIONS if count <= most and count != solver.num_steps)
