"""Rigid bodies that tumble in a box."""

from .family import RIGIDS as RIGIDS
