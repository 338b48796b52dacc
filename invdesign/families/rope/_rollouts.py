"""Rollouts of a model of ropes, and how far they are off."""

from typing import Any

import numpy as np

from ...training.constraint import Ropes
from ...training.constraint._course import rollout_errors, simulated

ROPES = Ropes()


def simulated_ropes(
    simulator: Any, ropes: dict[str, np.ndarray], num_steps: int, **further: Any
) -> np.ndarray:
    """Positions after each frame, as `simulated`."""
    return simulated(simulator, ROPES, ropes, num_steps, **further)


def rope_errors(found: np.ndarray, ropes: dict[str, np.ndarray]) -> np.ndarray:
    """As `rollout_errors`, of ropes with the true `positions`."""
    return rollout_errors(found, ropes["positions"], ROPES.free(ropes))
