"""Populations of several runs, evaluated by one program."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._constraints import ConstraintEntries
from .._evaluation import Evaluation
from .._types import Array, Int, Latents
from ._evaluate import Summary, Which, indices, mark_failures, population, summarize


def evaluate_in_lanes(
    problem: Any,
    asked: Sequence[Latents],
    order: int,
    chunk: int,
    entries: ConstraintEntries,
    which: Which = None,
    *,
    lanes: int,
) -> list[tuple[Evaluation, Summary]]:
    """`evaluate_population` of several populations of one size, candidates side by side.

    There is one program for any number of populations up to `lanes`, the last of which stands in
    for those that are missing. So what comes of a population depends on no other one, but for its
    last bits not on the way of `evaluate_population` either.
    """
    filled = [*asked, *[asked[-1]] * (lanes - len(asked))]
    found = _all_lanes(problem, jnp.stack(filled), order, chunk, entries, indices(which))
    return [jax.tree.map(lambda x, i=i: x[i], found) for i in range(len(asked))]


@eqx.filter_jit
def _all_lanes(
    problem: Any,
    latents: Any,
    order: int,
    chunk: int,
    entries: ConstraintEntries,
    which: Int[Array, " condition"] | None,
) -> tuple[Evaluation, Summary]:
    lanes, size, width = latents.shape
    # One candidate of each lane after the other, so that a chunk holds as many of every lane.
    flat = latents.swapaxes(0, 1).reshape(size * lanes, width)
    together = mark_failures(population(problem, flat, order, lanes * chunk, which))
    apart = jax.tree.map(lambda x: x.reshape(size, lanes, *x.shape[1:]).swapaxes(0, 1), together)
    return apart, jax.vmap(lambda own, each: summarize(own, each, entries))(latents, apart)
