"""Names to optimizers with their settings, and what a run takes by default."""

from ._contestant import Contestant as Contestant, contestant as contestant
from ._defaults import (
    DEFAULT_ITERATIONS as DEFAULT_ITERATIONS,
    default_budget as default_budget,
    default_optimizer as default_optimizer,
)
from ._effort import KNOBS as KNOBS, Effort as Effort
from ._names import (
    OPTIMIZERS as OPTIMIZERS,
    find_optimizer as find_optimizer,
    honors as honors,
    refuse_unused as refuse_unused,
    refuse_without_gradient as refuse_without_gradient,
)
