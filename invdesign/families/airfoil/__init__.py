"""Steady flow around sections."""

from ._polar import Polar as Polar, polar as polar
from ._scene import (
    BuildFoil as BuildFoil,
    FlightPoint as FlightPoint,
    flight_points as flight_points,
)
from .family import AIRFOIL as AIRFOIL
