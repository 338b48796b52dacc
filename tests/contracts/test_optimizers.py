"""What holds for every optimizer of the catalogue."""

import dataclasses
import io

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from invdesign._evaluation import Evaluation, Slope
from invdesign.optimizers import (
    BFGS,
    CEM,
    CMAES,
    LBFGS,
    SLSQP,
    AbstractOptimizer,
    Adam,
    AugmentedLagrangian,
    CosineDecay,
    Coupled,
    FeasibleFirst,
    GuidedES,
    Halving,
    Injected,
    InModes,
    MultiStart,
    Optax,
    Penalized,
    RandomDirection,
    RandomSearch,
    Repair,
    Repaired,
    Smoothed,
)
from invdesign.optimizers._base import guided


def beyond(latent):
    """By how much a latent is farther out than any of these searches should get."""
    return jnp.maximum(jnp.linalg.norm(latent) - 8.0, 0.0)[None]


OPTIMIZERS = {
    "Adam": Adam(0.1),
    "Optax": Optax(optax.sgd(0.1, momentum=0.5)),
    "Smoothed": Smoothed(Adam(0.1), CosineDecay(0.2, 0.0, 30)),
    "Coupled": Coupled(Adam(0.2), [[0.0], [0.5], [1.0]], CosineDecay(0.3, 0.05, 10)),
    "BFGS": BFGS(),
    "LBFGS": LBFGS(first_step=0.5),
    "CEM": CEM(population=24, num_elites=6),
    "CMAES": CMAES(),
    "CMAESBounded": CMAES(bounds=(-3.0, 3.0), population=8),
    "CMAESLocal": CMAES(bounds=(-3.0, 3.0), local=2),
    "CMAESSeparable": CMAES(separable=True, local=2),
    "RandomSearch": RandomSearch(population=64),
    "MultiStartAdam": MultiStart(Adam(0.1), num_starts=2),
    "MultiStartCMAES": MultiStart(CMAES(), num_starts=2),
    "PenalizedCMAES": Penalized(CMAES(), ()),
    "PenalizedBFGS": Penalized(BFGS(), ()),
    "FeasibleFirst": FeasibleFirst(CMAES(), (), ()),
    "RepairedCEM": Repaired(CEM(population=24, num_elites=6), Repair(beyond, num_steps=2)),
    "RepairedAdam": Repaired(Adam(0.1), Repair(beyond, num_steps=2)),
    "LagrangianBFGS": AugmentedLagrangian(BFGS(), ()),
    "LagrangianAdam": AugmentedLagrangian(Adam(0.1), (), restart=False),
    "SLSQP": SLSQP(()),
    "Halving": Halving((CMAES(), CMAES(initial_std=1.0)), steps=2),
    "Injected": Injected(CMAES(), moved=2),
    "RepairedInjected": Repaired(
        FeasibleFirst(Injected(CMAES(local=2)), (), ()), Repair(beyond, num_steps=2)
    ),
    "GuidedES": GuidedES(Adam(0.1), std=0.1, memory=2),
    "RepairedGuidedES": Repaired(
        FeasibleFirst(GuidedES(Adam(0.1), std=0.1), (), ()), Repair(beyond, num_steps=2)
    ),
    "InModesCMAES": InModes(CMAES(), [[1.0, 0.0, 1.0], [0.0, 2.0, 0.0], [1.0, 0.0, -1.0]]),
    "InModesAdam": InModes(Adam(0.1), [[1.0, 0.0, 1.0], [0.0, 2.0, 0.0], [1.0, 0.0, -1.0]]),
    "HalvingStarts": Halving((Adam(0.1),) * 3, steps=2, std=0.3),
}
# They get nowhere by design, and are optimizers for all that.
AIMLESS = {
    "RandomDirection": RandomDirection(Adam(0.1)),
    "RandomGuidedES": RandomDirection(GuidedES(Adam(0.1), std=0.1)),
    "RandomInjected": RandomDirection(Injected(CMAES(), moved=2)),
}
ALL = OPTIMIZERS | AIMLESS
# Gap to the minimum that is fair to ask for after 60 iterations.
GAP = {
    "RandomSearch": 0.05,
    "Adam": 1e-3,
    "MultiStartAdam": 1e-3,
    "RepairedAdam": 1e-3,
    "InModesAdam": 1e-3,
    "LagrangianAdam": 1e-3,
    "HalvingStarts": 1e-3,
    "Smoothed": 1e-2,
    "Coupled": 1e-2,
    "GuidedES": 1e-2,
    "RepairedGuidedES": 1e-2,
}
CENTER = (0.5, -0.3, 0.1)


@pytest.fixture(params=OPTIMIZERS, name="name")
def _name(request):
    return request.param


@pytest.fixture(params=ALL, name="any_name")
def _any_name(request):
    return request.param


def quadratic(latent):
    scale = jnp.asarray([1.0, 3.0, 0.5], latent.dtype)
    return (scale * (latent - jnp.asarray(CENTER, latent.dtype)) ** 2).sum()


def rosenbrock(latent):
    x, y = latent
    return (1.0 - x) ** 2 + 10.0 * (y - x**2) ** 2


def evaluation_of(value, grad):
    size = value.shape[0]
    codes = jnp.where(jnp.isfinite(value), 0, 2)
    return Evaluation(value, grad, -value, jnp.zeros((size, 0)), None, codes)


@eqx.filter_jit
def evaluate(objective, order, latents):
    if order == 0:
        return evaluation_of(jax.vmap(objective)(latents), None)
    return evaluation_of(*jax.vmap(jax.value_and_grad(objective))(latents))


@eqx.filter_jit
def with_slope(objective, latents, evaluation):
    """With the gradient at the best candidate, in place of the best of all."""
    best = latents[jnp.argmin(jnp.nan_to_num(evaluation.value, nan=jnp.inf))]
    slope = Slope(best, jax.grad(objective)(best))
    return dataclasses.replace(evaluation, slope=slope)


def run(optimizer, objective, latent, steps, *, seed=0, state=None, first=0, spoil=lambda i, e: e):
    """The bare loop: asked latents, lowest value and last state."""
    key = jax.random.key(seed)
    state = optimizer.init(latent, key=jax.random.key(seed + 1)) if state is None else state
    asked, best = [], np.inf
    for i in range(first, first + steps):
        latents = optimizer.ask(state, key=jax.random.fold_in(key, i))
        assert jnp.isfinite(latents).all()
        evaluation = spoil(i, evaluate(objective, optimizer.order, latents))
        if guided(optimizer):
            evaluation = with_slope(objective, latents, evaluation)
        state = optimizer.tell(state, latents, evaluation)
        value = np.asarray(evaluation.value)
        best = min(best, float(np.where(np.isfinite(value), value, np.inf).min()))
        asked.append(np.asarray(latents))
    return np.asarray(asked), best, state


def test_is_an_optimizer(any_name):
    optimizer = ALL[any_name]
    assert isinstance(optimizer, AbstractOptimizer)
    assert optimizer.order in (0, 1)


def test_finds_the_minimum_of_a_quadratic(name):
    _, best, _ = run(OPTIMIZERS[name], quadratic, jnp.zeros(3), 60)
    assert 0 <= best < GAP.get(name, 1e-5)


@pytest.mark.parametrize(
    ("optimizer", "steps", "gap"),
    [
        (BFGS(), 60, 1e-7),
        (LBFGS(first_step=0.1), 60, 1e-7),
        (CMAES(initial_std=0.3), 120, 1e-7),
        (CEM(population=60, num_elites=10, min_std=0.02, smoothing=0.3), 150, 0.05),
        (Adam(0.1, clip=10.0), 300, 1e-3),
    ],
    ids=["BFGS", "LBFGS", "CMAES", "CEM", "Adam"],
)
def test_follows_a_curved_valley(optimizer, steps, gap):
    start = jnp.asarray([-1.0, 1.0])
    _, best, _ = run(optimizer, rosenbrock, start, steps)
    assert best < gap < float(rosenbrock(start)) / 20


def test_is_deterministic_in_the_key(any_name):
    first, *_ = run(ALL[any_name], quadratic, jnp.zeros(3), 6, seed=4)
    again, *_ = run(ALL[any_name], quadratic, jnp.zeros(3), 6, seed=4)
    np.testing.assert_array_equal(first, again)
    if ALL[any_name].order == 0 or any_name.startswith(("MultiStart", "Random")):
        other, *_ = run(ALL[any_name], quadratic, jnp.zeros(3), 6, seed=5)
        assert (first != other).any()


def _failures(i, evaluation, value, grad):
    """Every third candidate of every third iteration fails, the first iteration excepted."""
    bad = (jnp.arange(evaluation.value.shape[0]) % 3 == 0) & (i % 3 == 1)
    values = jnp.where(bad, value, evaluation.value)
    if evaluation.grad is None:
        return evaluation_of(values, None)
    return evaluation_of(values, jnp.where(bad[:, None], grad, evaluation.grad))


@pytest.mark.parametrize(("value", "grad"), [(np.inf, 0.0), (np.nan, np.nan)], ids=["inf", "nan"])
def test_survives_failed_candidates(name, value, grad):
    def spoil(i, e):
        return _failures(i, e, value, grad)

    _, best, _ = run(OPTIMIZERS[name], quadratic, jnp.zeros(3), 60, spoil=spoil)
    assert best < max(0.02, GAP.get(name, 0))


@pytest.mark.parametrize("name", [n for n, o in OPTIMIZERS.items() if o.order == 1])
def test_survives_an_infinite_gradient_at_a_finite_value(name):
    def spoil(i, e):
        return _failures(i, e, e.value, np.inf)

    _, best, _ = run(OPTIMIZERS[name], quadratic, jnp.zeros(3), 60, spoil=spoil)
    assert best < 0.02


def test_survives_failing_from_the_start(any_name):
    def spoil(i, e):
        grad = None if e.grad is None else jnp.zeros_like(e.grad)
        return evaluation_of(jnp.full_like(e.value, jnp.inf), grad) if i < 4 else e

    # `run` asserts that only finite latents are asked for.
    _, best, _ = run(ALL[any_name], quadratic, jnp.zeros(3), 12, spoil=spoil)
    assert np.isfinite(best)


def test_state_is_arrays_of_constant_shape(any_name):
    def kinds(state):
        return [(type(x), x.shape, x.dtype) for x in jax.tree.leaves(state)]

    optimizer = ALL[any_name]
    state = optimizer.init(jnp.zeros(3), key=jax.random.key(1))
    assert all(isinstance(x, jax.Array | np.ndarray) for x in jax.tree.leaves(state))
    *_, later = run(optimizer, quadratic, jnp.zeros(3), 3, state=state)
    assert kinds(later) == kinds(state)
    assert jax.tree.structure(later) == jax.tree.structure(state)


def test_resumes_exactly_from_a_file(any_name):
    whole, *_ = run(ALL[any_name], quadratic, jnp.zeros(3), 12)
    _, _, half = run(ALL[any_name], quadratic, jnp.zeros(3), 5)
    file = io.BytesIO()
    np.savez(file, *jax.tree.leaves(half))
    file.seek(0)
    stored = list(np.load(file, allow_pickle=False).values())
    # A new process knows the structure from `init`, whatever the latent and the key.
    fresh = ALL[any_name]
    template = fresh.init(jnp.full((3,), 0.25), key=jax.random.key(99))
    slots, structure = jax.tree.flatten(template)
    leaves = [
        jnp.asarray(x) if isinstance(slot, jax.Array) else x
        for slot, x in zip(slots, stored, strict=True)
    ]
    state = jax.tree.unflatten(structure, leaves)
    rest, *_ = run(fresh, quadratic, jnp.zeros(3), 7, state=state, first=5)
    np.testing.assert_array_equal(whole[5:], rest)


def test_tell_changes_neither_state_nor_result(any_name):
    optimizer = ALL[any_name]
    _, _, state = run(optimizer, quadratic, jnp.zeros(3), 3)
    before = [np.array(x) for x in jax.tree.leaves(state)]
    latents = optimizer.ask(state, key=jax.random.key(7))
    evaluation = evaluate(quadratic, optimizer.order, latents)
    first, second = (optimizer.tell(state, latents, evaluation) for _ in range(2))
    for x, y in zip(before, jax.tree.leaves(state), strict=True):
        np.testing.assert_array_equal(x, y)
    for x, y in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        np.testing.assert_array_equal(x, y)


def test_bounds_of_the_space_are_kept(name):
    """The minimum lies outside of what the space can reach: designs end at its edge."""

    def design(latent):
        return jnp.tanh(latent)

    def objective(latent):
        return ((design(latent) - 2.0) ** 2).sum()

    asked, best, _ = run(OPTIMIZERS[name], objective, jnp.zeros(3), 60)
    assert (np.abs(np.tanh(asked)) <= 1).all()
    assert 3.0 - 1e-4 <= best < 4.6  # (1 - 2)^2 of each of three at the edge, from 12


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((n, np.float32) for n in OPTIMIZERS), *((n, np.float64) for n in ("Adam", "CEM", "CMAES"))],
)
def test_dtype_follows_the_latent(name, dtype):
    """Single precision has to stay single where 64-bit JAX is on."""
    with jax.enable_x64(True):
        optimizer = OPTIMIZERS[name]
        asked, best, _ = run(optimizer, quadratic, jnp.zeros(3, dtype), 5)
        assert asked.dtype == dtype
        assert best < float(quadratic(jnp.zeros(3, dtype)))


def test_done_is_a_boolean(any_name):
    optimizer = ALL[any_name]
    state = optimizer.init(jnp.zeros(3), key=jax.random.key(0))
    assert np.asarray(jax.device_get(optimizer.done(state))).dtype == bool
