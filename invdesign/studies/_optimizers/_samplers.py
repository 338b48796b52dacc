"""Sampling methods that a name chooses, for a problem."""

import dataclasses
import math

from ..._problem import Problem
from ..._solve._progress import charge
from ...optimizers import (
    CEM,
    CMAES,
    AbstractOptimizer,
    FeasibleFirst,
    GuidedES,
    Injected,
    InModes,
    Raced,
    RandomSearch,
    Repair,
    Repaired,
    Then,
    widest_modes,
)
from ...spaces._product import places_of
from ._defaults import LOOK_AROUND_STD, bound
from ._descents import adam, coupled
from ._effort import Effort

# First standard deviations of sampling methods in latent units. CMA-ES: the best of four in
# benchmarks/studies/tuning.py; CEM: level there with half of it at half the population.
_CEM_STD = 1.0
_CMAES_STD = 0.25
_PAIRS_STD = 0.2
_POPULATION = 32  # of CEM
# The same where candidates are repaired: a repair from far away says little of where it began.
_NEAR_STD, _NEAR_POPULATION = 0.3, 16
# Of a descent that goes on where smooth shapes have been sampled among: it need not go far.
_AFTER_RATE = 0.3  # of a descent's own rate
_AFTER_WIDTH = 0.15  # as smooth as the shapes
_PART = 4  # one of so many candidates is promising, or near the best one
_SCOUTING = 5  # one of so many iterations looks for where to begin


def cem(problem: Problem, effort: Effort) -> CEM:
    """The cross-entropy method; a quarter of the candidates are elites."""
    population = _POPULATION if effort.population is None else effort.population
    elites = max(1, population // 4) if effort.elites is None else effort.elites
    return CEM(population, elites, initial_std=_CEM_STD if effort.std is None else effort.std)


def cmaes(problem: Problem, effort: Effort) -> CMAES:
    """CMA-ES with the population that Hansen advises."""
    own = 4 + int(3 * math.log(problem.task.space.size))  # Hansen's advice
    population = own if effort.population is None else effort.population
    return CMAES(population, initial_std=_CMAES_STD if effort.std is None else effort.std)


def _repaired(
    sampler: CEM | CMAES | GuidedES | Injected | RandomSearch, problem: Problem, promising: int
) -> AbstractOptimizer:
    """A sampler whose candidates are repaired, and raced over the conditions, where they can be."""
    optimizer: AbstractOptimizer = sampler
    missed = problem.missed
    if problem.task.constraints:
        optimizer = feasible_first(optimizer, problem)
    if missed.constraints:
        optimizer = Repaired(optimizer=optimizer, repair=Repair(missed))
    if bound(problem.task):
        return optimizer
    return Raced(optimizer=optimizer, promising=promising)


def feasible_first(optimizer: AbstractOptimizer, problem: Problem) -> FeasibleFirst:
    """A sampler that ranks candidates by what they miss before it looks at their values."""
    entries = problem.constraints
    return FeasibleFirst(
        optimizer=optimizer, equality=entries.equality, tolerance=entries.tolerance
    )


def local_cmaes(problem: Problem, effort: Effort) -> AbstractOptimizer | Then:
    """CMA-ES that goes on near its best candidate meanwhile, from the best of many far designs."""
    sampler = cmaes(problem, effort)
    part = _part(sampler)
    return _after_a_look(dataclasses.replace(sampler, local=part), problem, effort, part)


def gradient_cmaes(problem: Problem, effort: Effort) -> AbstractOptimizer | Then:
    """The same with the best candidate moved along its gradient in place of others near it."""
    sampler = cmaes(problem, effort)
    part = _part(sampler)
    return _after_a_look(Injected(sampler, moved=part), problem, effort, part)


def guided_es(problem: Problem, effort: Effort) -> AbstractOptimizer | Then:
    """Adam along slopes that pairs of candidates measure, more of them where gradients pointed.

    **Raises:** `ValueError` if the population is odd.
    """
    advised = cmaes(problem, dataclasses.replace(effort, population=None)).population
    assert advised is not None
    population = advised + advised % 2 if effort.population is None else effort.population
    std = _PAIRS_STD if effort.std is None else effort.std
    descent = adam(problem, dataclasses.replace(effort, decay=False))
    sampler = GuidedES(descent, population, std)
    return _after_a_look(sampler, problem, effort, max(1, population // _PART))


def _part(sampler: CMAES) -> int:
    assert sampler.population is not None
    return max(1, sampler.population // _PART)


def _after_a_look(
    sampler: CMAES | GuidedES | Injected, problem: Problem, effort: Effort, part: int
) -> AbstractOptimizer | Then:
    """A repaired search that begins at the best of many far designs, or stays where it is told."""
    inner = sampler.optimizer if isinstance(sampler, Injected) else sampler
    population, search = inner.population, _repaired(sampler, problem, part)
    if effort.std is not None:
        return search
    assert population is not None
    look = _repaired(RandomSearch(population, std=LOOK_AROUND_STD), problem, part)
    rounds = effort.iterations(charge(problem, look, population)) // _SCOUTING
    # As many an iteration as later, so that both are one program.
    return Then(look, search, rounds) if rounds else search


def raced_cmaes(problem: Problem, effort: Effort) -> AbstractOptimizer:
    """CMA-ES whose candidates are repaired, the promising ones simulated on all conditions."""
    sampler = cmaes(problem, effort)
    assert sampler.population is not None
    return _repaired(sampler, problem, max(1, sampler.population // _PART))


def raced_cem(problem: Problem, effort: Effort) -> AbstractOptimizer:
    """CEM whose candidates are repaired, the promising ones simulated on all conditions."""
    population = _NEAR_POPULATION if effort.population is None else effort.population
    std = _NEAR_STD if effort.std is None else effort.std
    sampler = cem(problem, dataclasses.replace(effort, population=population, std=std))
    return _repaired(sampler, problem, max(1, population // _PART))


def _halves(first: CEM | CMAES, problem: Problem, effort: Effort) -> Then:
    """Half of the run sampled, half descended."""
    assert first.population is not None
    steps = max(1, effort.iterations(first.population * problem.steps_per_evaluation) // 2)
    return Then(first, adam(problem, effort, share=0.5), steps)


def modes_cmaes(problem: Problem, effort: Effort) -> InModes:
    """CMA-ES over the amplitudes of smooth shapes of the parameters.

    **Raises:** `ValueError` if the task's parameters have no places.
    """
    places = places_of(problem.task.space)
    if places is None:
        raise ValueError(
            "`modes-cmaes` needs parameters that have neighbors, such as joints, rotors and "
            f"heights; those of `{problem.task.name}` have none. Use `cmaes`."
        )
    modes = widest_modes(places)
    own = 4 + int(3 * math.log(modes.shape[1]))  # Hansen's advice
    population = own if effort.population is None else effort.population
    std = _CMAES_STD if effort.std is None else effort.std
    return InModes(CMAES(population, initial_std=std), modes, problem.task.space.initial())


def modes_cmaes_adam(problem: Problem, effort: Effort) -> Then:
    """Smooth shapes sampled for half of the budget, then a descent that stays near.

    The first half is in the lighter version of the task, where it has one.

    **Raises:** `ValueError` if the task's parameters have no places.
    """
    sampled = problem if problem.lighter is None else problem.lighter
    first = modes_cmaes(sampled, effort)
    assert isinstance(first.optimizer, CMAES) and first.optimizer.population is not None
    cost = first.optimizer.population * sampled.steps_per_evaluation * sampled.step_cost
    steps = max(1, effort.iterations(cost) // 2)
    rest = dataclasses.replace(
        effort,
        steps=None if effort.steps is None else max(1, effort.steps - steps),
        budget=None if effort.budget is None else effort.budget - steps * cost,
        learning_rate=_AFTER_RATE * effort.rate,
        width=_AFTER_WIDTH if effort.width is None else effort.width,
    )
    return Then(first, coupled(problem, rest), steps, lightly=problem.lighter is not None)


def random(problem: Problem, effort: Effort) -> RandomSearch:
    """Designs drawn from the whole space."""
    population = 16 if effort.population is None else effort.population
    return RandomSearch(population, sample=problem.task.space.sample)


def cem_adam(problem: Problem, effort: Effort) -> Then:
    """CEM for half of the budget, then Adam from its best design."""
    return _halves(cem(problem, effort), problem, effort)


def cmaes_adam(problem: Problem, effort: Effort) -> Then:
    """CMA-ES for half of the budget, then Adam from its best design."""
    return _halves(cmaes(problem, effort), problem, effort)
