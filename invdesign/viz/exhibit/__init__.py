"""What a page can show of a run: replays of its simulations, and plots, as plain data."""

from ._exhibit import Exhibit as Exhibit, Line as Line, Plot as Plot
from ._layers import (
    AbstractLayer as AbstractLayer,
    Box as Box,
    Curve as Curve,
    Discs as Discs,
    Links as Links,
    Outline as Outline,
    Shapes as Shapes,
)
from ._painted import Cells as Cells, SpaceTime as SpaceTime
from ._replay import Panel as Panel, Replay as Replay
from ._titles import titles as titles
