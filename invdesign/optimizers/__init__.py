"""Optimizers: they search the latent of a design space and know nothing of physics."""

from ._adam import Adam as Adam, CosineDecay as CosineDecay
from ._augmented_lagrangian import AugmentedLagrangian as AugmentedLagrangian
from ._base import (
    AbstractConstrained as AbstractConstrained,
    AbstractOptimizer as AbstractOptimizer,
)
from ._cem import CEM as CEM
from ._cmaes import CMAES as CMAES
from ._coupled import Coupled as Coupled
from ._feasible_first import FeasibleFirst as FeasibleFirst
from ._guided_es import GuidedES as GuidedES
from ._halving import Halving as Halving
from ._in_modes import InModes as InModes, widest_modes as widest_modes
from ._injected import Injected as Injected
from ._multi_start import MultiStart as MultiStart
from ._optax import Optax as Optax
from ._penalized import Penalized as Penalized
from ._quasi_newton import BFGS as BFGS, LBFGS as LBFGS
from ._raced import Raced as Raced
from ._random_direction import RandomDirection as RandomDirection
from ._random_search import RandomSearch as RandomSearch
from ._repair import Repair as Repair
from ._repaired import Repaired as Repaired
from ._slsqp import SLSQP as SLSQP
from ._smoothed import Smoothed as Smoothed
from ._then import Then as Then
