"""Elastic strips."""

from ._scene import (
    BuildStrip as BuildStrip,
    driven_strip as driven_strip,
    jittered_strips as jittered_strips,
)
