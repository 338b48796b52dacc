"""What the simulations that a run leaves are called on a page."""

from collections.abc import Mapping
from typing import Any


def titles(configuration: Mapping[str, Any]) -> tuple[str, str, str]:
    """Of the first design, of the optimized one, and of that in the solver that verified.

    **Arguments:** `configuration`: of the run, which says what it was descended through.
    """
    kind, resolution = configuration.get("simulator", "learned"), configuration.get("resolution", 1)
    kind = kind if resolution == 1 else f"{kind}, resolution {resolution}"
    return f"Before ({kind})", f"After ({kind})", "After (reference)"
