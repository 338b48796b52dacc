"""Sections of wings: their points, their checks and their measures."""

from ._layout import SectionLayout as SectionLayout
from ._naca import naca4 as naca4
from ._opened import open_base as open_base
