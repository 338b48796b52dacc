"""Searches that begin in the lighter version of their task."""

import dataclasses
from collections.abc import Callable

from ..._problem import Problem
from ...optimizers import InModes, Then
from ._defaults import LIGHT, price, turn_price
from ._effort import Effort
from ._names import Optimizer

Build = Callable[[Problem, Effort], Optimizer]


def begun_lightly(build: Build, problem: Problem, effort: Effort) -> Optimizer:
    """An optimizer; where a task has a lighter version, some go through that one first.

    These are descents and searches among smooth shapes. Four of five iterations are there; they
    then begin again under the task with what is left.
    """
    whole, light = build(problem, effort), problem.lighter
    if light is None or isinstance(whole, Then):
        return whole
    if whole.order == 0 and not isinstance(whole, InModes):
        return whole
    turns = [] if effort.steps is None else [effort.steps / (LIGHT + 1)]
    turns += [] if effort.budget is None else [effort.budget / turn_price(problem, light)]
    number, rest = int(LIGHT * min(turns)), effort
    if min(turns) < 1:
        return whole
    if effort.steps is not None:
        rest = dataclasses.replace(rest, steps=effort.steps - number)
    if effort.budget is not None:
        rest = dataclasses.replace(rest, budget=effort.budget - number * price(light))
    begun = dataclasses.replace(effort, steps=number, budget=None)
    return Then(build(light, begun), build(problem, rest), number, lightly=True)
