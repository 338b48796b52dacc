"""A search that ends below where it began says so."""

import jax
import jax.numpy as jnp

from invdesign.optimizers import Adam, RandomSearch
from invdesign.studies import run_design

from .bowl import PROBLEM, TASK


def notes(out, optimizer, parameters):
    initial = TASK.space.encode(jnp.asarray(parameters))
    result = run_design(
        out, {}, PROBLEM, optimizer, reference=None, key=jax.random.key(0), max_steps=1,
        initial=initial, pictures=False,
    )  # fmt: skip
    return [note for note in result["notes"] if "the one begun with" in note]


def test_random_search_does_not_look_at_the_best_design_that_it_is_given(tmp_path):
    (note,) = notes(tmp_path / "out", RandomSearch(2, sample=TASK.space.sample), [1.0, 1.0])
    assert note.startswith("the design found scores less than the one begun with, ")
    assert " and 1 on unseen conditions" in note


def test_a_search_that_gains_says_nothing(tmp_path):
    assert notes(tmp_path / "out", Adam(0.1), [-1.5, -1.5]) == []
