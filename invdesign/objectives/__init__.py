"""What is descended (objectives), what is reported (scores), and what must hold (constraints)."""

from ._base import (
    AbstractConstraint as AbstractConstraint,
    AbstractObjective as AbstractObjective,
    AbstractScore as AbstractScore,
)
from ._cautious import Cautious as Cautious
from ._clearance import (
    ClearOf as ClearOf,
    ClearOfItself as ClearOfItself,
    KeepIn as KeepIn,
    KeepOut as KeepOut,
)
from ._close_to_data import CloseToData as CloseToData
from ._evenly import EvenFraction as EvenFraction, Worst as Worst
from ._flight import (
    Drag as Drag,
    DragCoefficient as DragCoefficient,
    LiftCoefficient as LiftCoefficient,
    LiftTarget as LiftTarget,
    LiftToDrag as LiftToDrag,
)
from ._gaussian_reward import GaussianReward as GaussianReward
from ._nodes_at import NodesAt as NodesAt, NodesOff as NodesOff
from ._region_fraction import RegionFraction as RegionFraction
from ._regularizers import (
    InsideBox as InsideBox,
    OutsideBox as OutsideBox,
    SelfCrossing as SelfCrossing,
    Smoothness as Smoothness,
)
from ._section_demands import (
    AreaAtLeast as AreaAtLeast,
    NoseRadiusAtLeast as NoseRadiusAtLeast,
    ThicknessWithin as ThicknessWithin,
    TrailingEdgeAtLeast as TrailingEdgeAtLeast,
)
from ._section_limits import (
    MomentAtLeast as MomentAtLeast,
    SparAtLeast as SparAtLeast,
    TrailingAngleAtLeast as TrailingAngleAtLeast,
)
from ._weighted_sum import WeightedSum as WeightedSum
