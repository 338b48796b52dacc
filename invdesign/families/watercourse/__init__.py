"""Landscapes that lead a stream of water."""

from ._course import (
    BuildWatercourse as BuildWatercourse,
    check_pipe as check_pipe,
    streams as streams,
)
from ._direction import (
    DirectionShare as DirectionShare,
    DirectionValue as DirectionValue,
    LandedDirection as LandedDirection,
    LandedShare as LandedShare,
)
from ._hills import hills as hills
from ._landing import Ground as Ground
from ._pools import (
    InPool as InPool,
    PoolShare as PoolShare,
    PoolValue as PoolValue,
    numbers_of as numbers_of,
    pools_of as pools_of,
)
from ._shape import SmoothHeights as SmoothHeights, tilt_and_trough as tilt_and_trough
from ._slopes import NoSteeperThan as NoSteeperThan
from .family import WATERCOURSE as WATERCOURSE
