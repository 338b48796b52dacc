"""Steady flow around sections."""

from ._polar import Polar as Polar, polar as polar
