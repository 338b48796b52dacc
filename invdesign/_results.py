"""What can go wrong inside a compiled program, as codes that read as sentences."""

import enum

import jax.numpy as jnp
from jaxtyping import Array, Int

# Not from `_types`, which is a neighbor in the lowest layer.
Code = Int[Array, ""]


# Numbers that a family may give its own outcomes; those below are the package's.
_OWN = range(100, 10_000)
_ADDED: dict[int, "RESULTS"] = {}


class RESULTS(enum.IntEnum):
    """Outcome of a step, a rollout or an evaluation.

    Codes travel through `jit`, `scan` and `vmap` as int32 scalars; `RESULTS(int(code)).message` is
    a sentence that names the knob to turn. Zero is success, and the first failure is kept. Files
    store numbers and names: new members are appended. A world adds its own by `RESULTS.add`; a
    number that nobody here has added is shown as it is.
    """

    _value_: int
    message: str

    def __new__(cls, number: int, message: str):
        """A member, the number, with one sentence for a person."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.message = message
        return member

    successful = 0, "The computation succeeded."
    capacity_exceeded = (
        1,
        "A neighbour list outgrew its static capacity; call `simulator.grow(2)` or raise the "
        "connectivity's capacity.",
    )
    nonfinite_state = (
        2,
        "The simulated state became non-finite; use a smaller time step, or a design that stays "
        "closer to what the simulator was trained on.",
    )
    inner_solve_failed = (
        3,
        "An inner solve did not converge; allow it more iterations or loosen its tolerance.",
    )
    nonfinite_gradient = (
        4,
        "The gradient through the simulation became non-finite; shorten the horizon, use "
        "`TruncatedAdjoint`, or clip.",
    )
    reference_failed = (
        5,
        "The reference solver's program failed or did not converge; try a design that is closer "
        "to one it solves.",
    )
    degenerate_grid = (
        6,
        "The grid around the section has cells that are inverted or not finite; take a trailing "
        "edge of another thickness, or a smoother surface.",
    )
    negative_drag = (
        7,
        "The drag of the section is not above 0, which no flow has; stay closer to what the "
        "simulator was trained on.",
    )
    nonfinite_objective = (
        8,
        "The objective is not finite on a simulation that is; look in it for a division by zero, "
        "a logarithm or a root of what is not above 0.",
    )
    nonfinite_objective_gradient = (
        9,
        "The objective's own gradient, by the trajectory and the design, is not finite; look in it "
        "for a root, a norm or an angle at 0, also in the branch of a `where` that is not taken.",
    )
    nonfinite_constraint = (
        10,
        "A constraint or its own gradient is not finite on a simulation that is; look in it for a "
        "division by zero, or a logarithm, a root or a norm at 0.",
    )
    external_failed = (
        11,
        "The program outside of JAX raised an error, which the log `invdesign` holds; try a design "
        "that is closer to one it can simulate.",
    )
    no_minimum = (
        12,
        "An inner solve ended where its constraint has no minimum (the curvature is not above 0 "
        "in every direction), so that the gradient of a minimum would be wrong; take the gradient "
        "through the steps (`GradientSteps`), or a scene closer to what was learned from.",
    )
    beyond_data = (
        13,
        "The scene asks for what the simulator's data do not reach, such as a Reynolds number; ask "
        "for one that its model card names, or take the reference solver.",
    )

    @classmethod
    def add(cls, number: int, name: str, message: str) -> "RESULTS":
        """An outcome of one's own, which the steps of a simulator may return.

        To be called where a module begins, as in `TORN = RESULTS.add(120, "torn", "A net tore;
        pull more slowly.")`. Calling it again with the same number and name changes the message.

        **Arguments:** `number`: from 100 to 9999, and for ever: files store it. `name`: beside it
        in files. `message`: one sentence that names the knob to turn.

        **Raises:** `ValueError` if the number is out of that range or another name's, if the name
        is another number's or none, or if there is no message.
        """
        if type(number) is not int or number not in _OWN:
            raise ValueError(
                f"`RESULTS.add` needs a number from {_OWN[0]} to {_OWN[-1]}, got {number!r}: "
                "those below are the package's own."
            )
        if not name.isidentifier() or not message:
            raise ValueError(
                "`RESULTS.add` needs a name that could be a variable's and a message, got "
                f"{name!r} and {message!r}."
            )
        for other in (*cls, *_ADDED.values()):
            if (other.value == number) != (other.name == name):
                raise ValueError(
                    f"`RESULTS.add` cannot take {number} for `{name}`: {other.value} is the number "
                    f"of `{other.name}`; choose another number and name."
                )
        added = _ADDED.setdefault(number, cls._made(number, name, message))
        added.message = message
        return added

    @classmethod
    def _made(cls, number: int, name: str, message: str) -> "RESULTS":
        member = int.__new__(cls, number)
        member._name_, member._value_, member.message = name, number, message
        return member

    @classmethod
    def _missing_(cls, value: object) -> "RESULTS | None":
        """What was added; any other number as one that nobody here explains."""
        if not isinstance(value, int):
            return None
        return _ADDED.get(value) or cls._made(value, f"unknown_{value}", _unexplained(value))


def _unexplained(number: int, name: str = "") -> str:
    named = f" (`{name}`)" if name else ""
    return (
        f"It ended with the code {number}{named}, which nothing that is imported here explains; "
        "import the package that its simulator is from."
    )


def explained(number: int, name: str) -> str:
    """The message of what a file holds, which may be of somebody else's world."""
    found = RESULTS(number)
    return found.message if found.name == name else _unexplained(number, name)


def as_code(result: RESULTS) -> Code:
    """A `RESULTS` member as the int32 scalar that travels through compiled code."""
    return jnp.asarray(int(result), jnp.int32)


def first_failure(first: Code, second: Code) -> Code:
    """`first` unless it is success, else `second`."""
    return jnp.where(first == 0, second, first)
