"""The checksum of anything: what it tells apart, what it does not, what it refuses."""

import enum
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import invdesign
from invdesign._digest import digest, digest_fields
from invdesign.objectives import RegionFraction

SCALE = 2.0


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Pair(NamedTuple):
    a: int
    b: int


class Slow(eqx.Module):
    rate: float = eqx.field(static=True, default=1.0)

    def __call__(self, x):
        return x * self.rate


class Recorded:
    def __init__(self, number):
        self.number = number

    def scaled(self, x):
        return SCALE * self.number * x


def recursive(n):
    return n if n < 1 else mutual(n - 1)


def mutual(n):
    return recursive(n - 1)


def around(value, wrap=lambda f: f):
    return wrap(lambda x: value * x)


@jax.custom_jvp
def halved(x):
    return x / 2


halved.defjvp(lambda primals, tangents: (halved(*primals), tangents[0] / 2))

ARRAY = jnp.arange(3.0)
# Each with something that differs from it in the one point that it is about.
DIFFERENT = {
    "a number": (1.0, 1.5),
    "an int and a float": (1, 1.0),
    "an int and a bool": (1, True),
    "the sign of zero": (0.0, -0.0),
    "a text": ("a", "b"),
    "a text and bytes": ("a", b"a"),
    "a path": (Path("a"), Path("b")),
    "None and a name": (None, "None"),
    "the order of a list": ([1, 2], [2, 1]),
    "where a tuple ends": (((1, 2), 3), ((1,), 2, 3)),
    "a list and a tuple": ([1], (1,)),
    "a named tuple": (Pair(1, 2), (1, 2)),
    "a key": ({"a": 1}, {"b": 1}),
    "a set": ({1, 2}, {1, 3}),
    "an enum": (Color.RED, Color.BLUE),
    "an array": (ARRAY, ARRAY + 1),
    "a shape": (ARRAY, ARRAY[None]),
    "a dtype": (ARRAY, ARRAY.astype(jnp.int32)),
    "a random key": (jax.random.key(0), jax.random.key(1)),
    "a generator of random numbers": (np.random.default_rng(0), np.random.default_rng(1)),
    "a static field": (Slow(), Slow(2.0)),
    "a field of ours": (RegionFraction((0, 0), (1, 1)), RegionFraction((0, 0), (1, 1), 0.25)),
    "an attribute": (Recorded(1), Recorded(2)),
    "whose method": (Recorded(1).scaled, Recorded(2).scaled),
    "a lambda": (lambda x: x + 1, lambda x: x + 2),
    "a default": (lambda x, y=1: x, lambda x, y=2: x),
    "a closure": (around(1.0), around(2.0)),
    "the array of a jitted closure": (around(ARRAY, jax.jit), around(ARRAY + 1, jax.jit)),
    "of a batched one": (around(ARRAY, jax.vmap), around(ARRAY + 1, jax.vmap)),
    "of a derivative": (around(ARRAY, jax.grad), around(ARRAY + 1, jax.grad)),
    "of one that is computed twice": (
        around(ARRAY, jax.checkpoint),
        around(ARRAY + 1, jax.checkpoint),
    ),
    "of one of Equinox": (around(ARRAY, eqx.filter_jit), around(ARRAY + 1, eqx.filter_jit)),
    "a partial": (functools.partial(around, 1.0), functools.partial(around, 2.0)),
    "a cached function": (functools.cache(around(1.0)), functools.cache(around(2.0))),
    "a function of an installed package": (jnp.sum, jnp.mean),
    "an operator": (np.add, np.subtract),
    "an activation": (jax.nn.relu, jax.nn.softplus),
    "a learning rate of Optax": (optax.adam(0.1), optax.adam(0.2)),
    "a schedule of Optax": tuple(
        optax.chain(optax.clip(1.0), optax.sgd(optax.cosine_decay_schedule(0.1, n)))
        for n in (10, 20)
    ),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_tells_apart(what):
    first, second = DIFFERENT[what]
    assert digest(first) == digest(first) != digest(second)
    assert digest(first).startswith("2:")


def test_equal_content_is_equal():
    for make in (
        lambda: {"b": [1, jnp.ones(2)], "a": {"x", "y"}},
        lambda: Slow(3.0),
        lambda: Recorded([1]),
        lambda: around(jnp.ones(2), jax.jit),
        lambda: optax.adam(0.1),
        lambda: eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0)),
    ):
        assert digest(make()) == digest(make())
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(np.ones(2, np.float32)) == digest(jnp.ones(2))


def test_use_changes_nothing():
    """Compiled programs, caches and specialized bytecode are not what a function is."""
    jitted, wrapped, rng = around(ARRAY, jax.jit), eqx.filter_jit(around(ARRAY)), Recorded(2.0)
    before = [digest(x) for x in (jitted, wrapped, rng, halved, recursive)]
    for _ in range(200):
        jitted(ARRAY), wrapped(ARRAY), rng.scaled(1.0), halved(1.0), recursive(5)
    assert [digest(x) for x in (jitted, wrapped, rng, halved, recursive)] == before


def test_globals_count_where_they_are_used(monkeypatch):
    used, unused = digest(Recorded(1)), digest(Slow())
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    assert digest(Recorded(1)) != used and digest(Slow()) == unused


def test_what_refers_to_itself():
    ring = [1]
    ring.append(ring)
    longer = [1, [1]]
    longer[1].append(longer)
    assert digest(ring) == digest(ring) != digest(longer)
    assert digest(recursive) != digest(mutual)


def generator():
    yield 1


@pytest.mark.parametrize(
    ("tree", "path", "what"),
    [
        ({"terms": [1, generator()]}, "task['terms'][1]", "generator"),
        (around(generator()), "task (its variable `value`)", "generator"),
        (functools.partial(around, sys.stdout), "task.args[0]", "a "),
        (Recorded(memoryview(b"")), "task", "memoryview"),
    ],
)
def test_what_has_no_content_to_tell_is_refused_by_its_path(tree, path, what):
    with pytest.raises(ValueError, match=what) as caught:
        digest(tree, "task")
    assert str(caught.value).startswith(f"`{path}")


def test_depth_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        digest(deep)
    while deep:
        deep = deep.pop()


def test_a_traced_array_is_refused():
    with pytest.raises(ValueError, match="being traced"):
        jax.jit(lambda x: digest(x) and x)(ARRAY)


def test_versions_of_packages_are_beside_the_parts():
    fields = digest_fields(Slow(), "slow")
    assert fields.parts.keys() == {"rate"} and fields.packages == {
        "invdesign": invdesign.__version__
    }


@pytest.mark.slow  # starts Python twice
def test_the_place_of_our_files_does_not_count(tmp_path):
    shutil.copytree(Path(invdesign.__file__).parent, tmp_path / "invdesign")
    folder = Path(invdesign.__file__).parents[1] / "tasks"
    shutil.copytree(folder, tmp_path / "tasks")
    program = (
        "import invdesign; from invdesign.studies._identity import task_identity\n"
        "from invdesign.studies._registry import find_task\n"
        "print(invdesign.__file__); print(task_identity(find_task('contain-lite')))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-P", "-c", program],
            env=os.environ | {"PYTHONPATH": str(place)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for place in (folder.parent, tmp_path)
    ]
    assert said[0][0] != said[1][0] and said[0][1:] == said[1][1:]
