"""All that determines a run: one record, strictly read, that commands and scripts share."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from .._checks import checked_count, checked_number

SIMULATORS = ("learned", "reference")
# Of `invdesign run`; chosen by benchmarks/studies/plateau.py.
PATIENCE = 20
MOST_RESOLUTION = 4
_MOST_LANES = 1024


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What to design, through what, with which optimizer, for how long.

    **Arguments:**

    - `task`: a registered name, or `FILE.py:OBJECT`.
    - `options`: of the task's maker and of the descent, by their names (see `Option`).
    - `optimizer`: a name; by default what suits the task.
    - `learning_rate`, `population`, `elites`, `std`: of optimizers that honor them.
    - `simulator`: to search through the learned model or through the reference solver; by default
      through the model, unless the family has none.
    - `model`: a pretrained model's name or a weights file, or several, separated by commas; by
      default the family's.
    - `resolution`: of the solver that is searched through, in its usual one, at most 4: what is
      gained there does not rest on the usual cells. Its steps are charged as usual ones.
    - `errors`: search designs that stand normal errors of this standard deviation in all their
      parameters, in these' own units (see `with_errors`); 0 for exact ones.
    - `seed`: of all randomness; seed 0 starts from the task's own design, others beside it.
    - `init`: parameters of a design to start from.
    - `steps`, `budget`: iterations, and charged simulator steps, at most.
    - `patience`: iterations without progress after which the run ends (see `PlateauStop`); `None`
      uses the whole budget, as comparisons do.
    - `batched`: evaluate candidates of runs that differ in their seeds alone side by side, in a
      program of this many lanes (2 to 1,024). That is faster on an accelerator. Results may differ
      from those of other runs in their last bits, and do not depend on how many lanes are in use.

    **Raises:** `ValueError` naming what is out of its range.
    """

    task: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    optimizer: str | None = None
    learning_rate: float | None = None
    population: int | None = None
    elites: int | None = None
    std: float | None = None
    simulator: Literal["learned", "reference"] | None = None
    model: str | None = None
    resolution: int = 1
    errors: float = 0.0
    seed: int = 0
    init: tuple[float, ...] | None = None
    steps: int | None = None
    budget: float | None = None
    patience: int | None = None
    batched: int | None = None

    def __post_init__(self):
        if self.simulator not in (None, *SIMULATORS):
            raise ValueError(f"`simulator` is `learned` or `reference`, got {self.simulator!r}.")
        checked_count(self.resolution, "resolution", "RunConfig", most=MOST_RESOLUTION)
        checked_number(self.errors, "errors", "RunConfig", least=0)
        checked_count(self.seed, "seed", "RunConfig", least=0)
        for name in ("population", "elites", "steps", "patience"):
            if getattr(self, name) is not None:
                checked_count(getattr(self, name), name, "RunConfig")
        if self.batched is not None:
            checked_count(self.batched, "batched", "RunConfig", least=2, most=_MOST_LANES)
        for name in ("learning_rate", "std", "budget"):
            if getattr(self, name) is not None:
                checked_number(getattr(self, name), name, "RunConfig", above=0)

    @property
    def learned(self) -> bool:
        """Whether the search goes through a learned model; unless that is said, it does."""
        return self.simulator != "reference"
