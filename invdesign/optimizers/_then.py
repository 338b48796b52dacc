"""One optimizer after another."""

import equinox as eqx

from .._checks import checked_count
from ._base import AbstractOptimizer


class Then(eqx.Module):
    """Hands the best design of a first optimizer to a second one.

    The classic use is `Then(CEM(), Adam(), steps=20)`: sampling finds the basin, descent the
    bottom. The driver makes the handover: the two may differ in population and order.

    **Arguments:**

    - `first`: runs for `steps` iterations, or until it has converged.
    - `second`: an optimizer, or another `Then`; starts from the champion.
    - `steps`: iterations of the first, at least 1.
    - `lightly`: whether the first is simulated in the lighter version of the task, which it has to
      declare (see `Lighter`), and charged at its cost. That leads to the right basin for a part of
      the cost. Values of the two are not of the same thing: the second begins at the best design
      and knows nothing of its value.

    **Raises:** `ValueError` if `steps` is below 1 or `first` is itself a `Then`.
    """

    first: "AbstractOptimizer | Then"
    second: "AbstractOptimizer | Then"
    steps: int = eqx.field(static=True)
    lightly: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        checked_count(self.steps, "steps", "Then")
        if isinstance(self.first, Then):
            raise ValueError("`Then` chains on its second place: write Then(a, Then(b, c, n), m).")
