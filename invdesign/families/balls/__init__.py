"""Balls that bounce in a box."""

from .family import BALLS as BALLS
