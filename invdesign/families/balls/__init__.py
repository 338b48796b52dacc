"""Balls that bounce in a box."""

from ._chute import (
    Astray as Astray,
    Binned as Binned,
    BuildChute as BuildChute,
    ChuteStart as ChuteStart,
    Landed as Landed,
    jittered_starts as jittered_starts,
)
from .family import BALLS as BALLS
