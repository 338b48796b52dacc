"""Sections of wings: their points, their checks and their measures."""

from ._layout import SectionLayout as SectionLayout, layout_of as layout_of
from ._measures import (
    leading_edge_radius as leading_edge_radius,
    section_area as section_area,
    thickness_at as thickness_at,
    trailing_edge_thickness as trailing_edge_thickness,
)
from ._naca import naca4 as naca4
from ._opened import LEAST_BASE as LEAST_BASE, open_base as open_base
from ._outline import (
    checked_outline as checked_outline,
    normalized as normalized,
    outline_notes as outline_notes,
)
