"""What can go wrong inside a compiled program, as codes that read as sentences."""

import enum

import jax.numpy as jnp
from jaxtyping import Array, Int

# Not from `_types`, which is a neighbor in the lowest layer.
Code = Int[Array, ""]


class RESULTS(enum.IntEnum):
    """Outcome of a step, a rollout or an evaluation.

    Codes travel through `jit`, `scan` and `vmap` as int32 scalars; `message` turns one into a
    sentence that names the knob to turn. Zero is success, and the first failure is kept. Files
    store the numbers: new members are appended.
    """

    successful = 0
    capacity_exceeded = 1
    nonfinite_state = 2
    inner_solve_failed = 3
    nonfinite_gradient = 4
    reference_failed = 5
    degenerate_grid = 6
    negative_drag = 7
    nonfinite_objective = 8
    nonfinite_objective_gradient = 9
    nonfinite_constraint = 10

    @property
    def message(self) -> str:
        """One sentence for a person."""
        return _MESSAGES[self]


_MESSAGES = {
    RESULTS.successful: "The computation succeeded.",
    RESULTS.capacity_exceeded: (
        "A neighbour list outgrew its static capacity; call `simulator.grow(2)` or raise the "
        "connectivity's capacity."
    ),
    RESULTS.nonfinite_state: (
        "The simulated state became non-finite; use a smaller time step, or a design that stays "
        "closer to what the simulator was trained on."
    ),
    RESULTS.inner_solve_failed: (
        "An inner solve did not converge; allow it more iterations or loosen its tolerance."
    ),
    RESULTS.nonfinite_gradient: (
        "The gradient through the simulation became non-finite; shorten the horizon, use "
        "`TruncatedAdjoint`, or clip."
    ),
    RESULTS.reference_failed: (
        "The reference solver's program failed or did not converge; try a design that is closer "
        "to one it solves."
    ),
    RESULTS.degenerate_grid: (
        "The grid around the section has cells that are inverted or not finite; take a trailing "
        "edge of another thickness, or a smoother surface."
    ),
    RESULTS.negative_drag: (
        "The drag of the section is not above 0, which no flow has; stay closer to what the "
        "simulator was trained on."
    ),
    RESULTS.nonfinite_objective: (
        "The objective is not finite on a simulation that is; look in it for a division by zero, "
        "a logarithm or a root of what is not above 0."
    ),
    RESULTS.nonfinite_objective_gradient: (
        "The objective's own gradient, by the trajectory and the design, is not finite; look in it "
        "for a root, a norm or an angle at 0, also in the branch of a `where` that is not taken."
    ),
    RESULTS.nonfinite_constraint: (
        "A constraint or its own gradient is not finite on a simulation that is; look in it for a "
        "division by zero, or a logarithm, a root or a norm at 0."
    ),
}


def as_code(result: RESULTS) -> Code:
    """A `RESULTS` member as the int32 scalar that travels through compiled code."""
    return jnp.asarray(int(result), jnp.int32)


def first_failure(first: Code, second: Code) -> Code:
    """`first` unless it is success, else `second`."""
    return jnp.where(first == 0, second, first)
