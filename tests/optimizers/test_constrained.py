"""Constrained minima known on paper, by every optimizer that honours constraints."""

import io
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from invdesign._evaluation import Evaluation
from invdesign.optimizers import (
    BFGS,
    CEM,
    CMAES,
    LBFGS,
    SLSQP,
    AbstractConstrained,
    Adam,
    AugmentedLagrangian,
    CosineDecay,
    MultiStart,
    Penalized,
)


class Problem(eqx.Module):
    """A value, constraints, where the search starts, and where it has to end."""

    value: Callable
    constraints: Callable
    equality: tuple[bool, ...]
    start: tuple[float, ...]
    minimum: tuple[float, ...]
    multipliers: tuple[float, ...]


def _rosenbrock(z):
    return (1.0 - z[0]) ** 2 + 100.0 * (z[1] - z[0] ** 2) ** 2


def _hs71(z):
    return jnp.concatenate([jnp.stack([jnp.prod(z) - 25.0, (z**2).sum() - 40.0]), z - 1, 5 - z])


LINE = Problem(
    value=lambda z: (z**2).sum(),
    constraints=lambda z: z.sum()[None] - 1.0,
    equality=(True,),
    start=(2.0, -1.0),
    minimum=(0.5, 0.5),
    multipliers=(1.0,),
)
# The multiplier is -(df/dx) / (2 x) at the minimum.
DISK = Problem(
    value=_rosenbrock,
    constraints=lambda z: 1.0 - (z**2).sum()[None],
    equality=(False,),
    start=(-0.5, 0.5),
    minimum=(0.786415, 0.617698),
    multipliers=(0.12149,),
)
ARC = Problem(
    value=lambda z: z[0] + 2.0 * z[1],
    constraints=lambda z: jnp.stack([1.0 - (z**2).sum(), z[0] + 5.0]),
    equality=(False, False),
    start=(0.5, 0.3),
    minimum=(-(5**-0.5), -2 * 5**-0.5),
    multipliers=(0.5 * 5**0.5, 0.0),
)
# Problem 71 of Hock and Schittkowski (1981).
HS71 = Problem(
    value=lambda z: z[0] * z[3] * (z[0] + z[1] + z[2]) + z[2],
    constraints=_hs71,
    equality=(False, True) + (False,) * 8,
    start=(1.0, 5.0, 5.0, 1.0),
    minimum=(1.0, 4.742999, 3.821150, 1.379408),
    multipliers=(0.552294, -0.161469, 1.087871, *[0.0] * 7),
)
PROBLEMS = {"line": LINE, "disk": DISK, "arc": ARC}


def evaluation_of(value, grad, constraints, jacobian):
    codes = jnp.where(jnp.isfinite(value), 0, 2)
    return Evaluation(value, grad, -value, constraints, jacobian, codes)


@eqx.filter_jit
def evaluate(value, constraints, order, latents):
    values, entries = jax.vmap(value)(latents), jax.vmap(constraints)(latents)
    if order == 0:
        return evaluation_of(values, None, entries, None)
    grad = jax.vmap(jax.grad(value))(latents)
    return evaluation_of(values, grad, entries, jax.vmap(jax.jacfwd(constraints))(latents))


def run(optimizer, problem, steps, *, state=None, first=0, spoil=lambda i, e: e, dtype=None):
    """Asked latents and the last state of a bare loop that ends once the search is done."""
    key, asked = jax.random.key(0), []
    if state is None:
        state = optimizer.init(jnp.asarray(problem.start, dtype or float), key=key)
    for i in range(first, first + steps):
        latents = optimizer.ask(state, key=jax.random.fold_in(key, i))
        assert jnp.isfinite(latents).all()
        evaluation = evaluate(problem.value, problem.constraints, optimizer.order, latents)
        state = optimizer.tell(state, latents, spoil(i, evaluation))
        asked.append(np.asarray(latents))
        if optimizer.done(state):
            break
    return np.asarray(asked), state


def lagrangian(optimizer, problem, **settings):
    return AugmentedLagrangian(optimizer, problem.equality, **settings)


def fail(evaluation, bad=True):
    """What the driver tells of failures, with constraints that are not even numbers."""
    grad, jacobian = evaluation.grad, evaluation.jacobian
    return evaluation_of(
        jnp.where(bad, jnp.inf, evaluation.value),
        None if grad is None else jnp.where(bad, 0.0, grad),
        jnp.where(bad, jnp.nan, evaluation.constraints),
        None if jacobian is None else jnp.where(bad, jnp.nan, jacobian),
    )


def every_sixth(i, evaluation):
    return fail(evaluation, i % 6 == 1)


GRADIENTS = {
    "SLSQP": lambda p: SLSQP(p.equality),
    "BFGS": lambda p: lagrangian(BFGS(), p),
    "LBFGS": lambda p: lagrangian(LBFGS(first_step=0.1), p),
    "Adam": lambda p: lagrangian(Adam(CosineDecay(0.05, 1e-4, 400)), p, restart=False),
}
SAMPLING = {
    "CMAES": lambda p: Penalized(CMAES(), p.equality, 2.0),
    "CEM": lambda p: Penalized(CEM(100, 20, min_std=0.05, smoothing=0.6), p.equality, 2.0),
}
# A diagonal Gaussian narrows across the kink of the penalty and creeps along it.
MISS = {"CEM": 0.08, "CMAES": 0.01}
EVALUATIONS = {"SLSQP": 40, "Adam": 400}


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradient_methods_find_the_constrained_minimum(name, problem):
    problem = PROBLEMS[problem]
    optimizer = GRADIENTS[name](problem)
    assert isinstance(optimizer, AbstractConstrained)
    asked, state = run(optimizer, problem, EVALUATIONS.get(name, 160))
    np.testing.assert_allclose(asked[-1][0], problem.minimum, atol=1e-3)
    assert optimizer.done(state) or name == "Adam"


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", SAMPLING)
def test_sampling_methods_find_it_by_the_penalty(name, problem):
    problem = PROBLEMS[problem]
    asked, _ = run(SAMPLING[name](problem), problem, 150)
    np.testing.assert_allclose(asked[-1].mean(0), problem.minimum, atol=MISS[name])


@pytest.mark.parametrize("problem", PROBLEMS)
def test_multipliers_of_the_augmented_lagrangian(problem):
    problem = PROBLEMS[problem]
    _, state = run(lagrangian(BFGS(), problem), problem, 160)
    np.testing.assert_allclose(state.multipliers.value, problem.multipliers, atol=6e-3)


def test_an_inactive_constraint_has_no_multiplier():
    _, state = run(lagrangian(BFGS(), ARC), ARC, 160)
    assert float(state.multipliers.value[1]) == 0.0


def test_problem_71_with_slsqp_in_both_precisions():
    with jax.enable_x64(True):
        single, state = run(SLSQP(HS71.equality), HS71, 60, dtype=np.float32)
        double, _ = run(SLSQP(HS71.equality, ftol=1e-9), HS71, 60, dtype=np.float64)
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(double[-1][0], HS71.minimum, atol=1e-5)
    np.testing.assert_allclose(single[-1][0], HS71.minimum, atol=1e-3)
    # In single precision the line search comes back to where it was: that ends the search.
    assert int(state.status) in (0, 8)


def test_problem_71_with_an_augmented_lagrangian():
    with jax.enable_x64(True):
        optimizer = lagrangian(BFGS(1e-7, 1e-7), HS71, every=20, tolerance=1e-6)
        asked, state = run(optimizer, HS71, 1000, dtype=np.float64)
    assert optimizer.done(state)
    np.testing.assert_allclose(asked[-1][0], HS71.minimum, atol=1e-3)
    np.testing.assert_allclose(state.multipliers.value, HS71.multipliers, atol=1e-2)


@pytest.mark.parametrize("name", [*GRADIENTS, *SAMPLING])
def test_survives_failures(name):
    optimizer = {**GRADIENTS, **SAMPLING}[name](DISK)
    asked, _ = run(optimizer, DISK, 400 if name in GRADIENTS else 150, spoil=every_sixth)
    np.testing.assert_allclose(asked[-1].mean(0), DISK.minimum, atol=MISS.get(name, 0.01))


@pytest.mark.parametrize("name", [*GRADIENTS, *SAMPLING])
def test_survives_failing_from_the_start(name):
    optimizer = {**GRADIENTS, **SAMPLING}[name](LINE)
    asked, _ = run(optimizer, LINE, 160, spoil=lambda i, e: fail(e, i < 4))
    if name in GRADIENTS:
        np.testing.assert_array_equal(asked[:4, 0], np.tile(LINE.start, (4, 1)))
    np.testing.assert_allclose(asked[-1].mean(0), LINE.minimum, atol=MISS.get(name, 0.01))


def test_the_line_search_of_slsqp_backs_off_from_a_failed_region():
    def spoil(i, evaluation):
        return fail(evaluation, i in (1, 2, 3))

    asked, _ = run(SLSQP((), first_step=1.0), UNBOUND, 40, spoil=spoil)
    lengths = np.linalg.norm(asked[1:5, 0] - asked[0, 0], axis=-1)
    assert lengths[0] == pytest.approx(1.0, rel=1e-5)
    ratios = lengths[1:] / lengths[:-1]
    assert (ratios > 0.09).all() and (ratios < 0.51).all()
    np.testing.assert_allclose(asked[-1][0], UNBOUND.minimum, atol=1e-3)


@pytest.mark.parametrize("name", GRADIENTS)
def test_resumes_exactly_from_a_file(name):
    optimizer = GRADIENTS[name](DISK)
    whole, _ = run(optimizer, DISK, 30)
    _, half = run(optimizer, DISK, 17)
    file = io.BytesIO()
    np.savez(file, *jax.tree.leaves(half))
    file.seek(0)
    stored = list(np.load(file, allow_pickle=False).values())
    slots, structure = jax.tree.flatten(optimizer.init(jnp.zeros(2), key=jax.random.key(9)))
    leaves = [
        jnp.asarray(x) if isinstance(slot, jax.Array) else x
        for slot, x in zip(slots, stored, strict=True)
    ]
    state = jax.tree.unflatten(structure, leaves)
    rest, _ = run(GRADIENTS[name](DISK), DISK, 13, state=state, first=17)
    np.testing.assert_array_equal(whole[17:], rest)


UNBOUND = Problem(
    value=lambda z: (jnp.asarray([1.0, 3.0, 0.5]) * (z - jnp.asarray([0.5, -0.3, 0.1])) ** 2).sum(),
    constraints=lambda z: jnp.zeros(0),
    equality=(),
    start=(0.0, 0.0, 0.0),
    minimum=(0.5, -0.3, 0.1),
    multipliers=(),
)


@pytest.mark.parametrize("name", [n for n in GRADIENTS if n != "Adam"])
def test_without_constraints_it_is_an_unconstrained_method(name):
    optimizer = GRADIENTS[name](UNBOUND)
    asked, state = run(optimizer, UNBOUND, 60)
    assert optimizer.done(state)
    np.testing.assert_allclose(asked[-1][0], UNBOUND.minimum, atol=1e-3)


def test_without_constraints_the_inner_search_is_never_restarted():
    plain, _ = run(BFGS(), UNBOUND, 60)
    wrapped, _ = run(AugmentedLagrangian(BFGS(), (), every=2), UNBOUND, 60)
    np.testing.assert_array_equal(plain, wrapped)


@pytest.mark.parametrize("problem", [DISK, ARC], ids=["disk", "arc"])
def test_slsqp_asks_for_what_scipy_evaluates(problem):
    """One evaluation a point: the counts and the points are those of a plain call."""
    with jax.enable_x64(True):
        points = []

        def value(x):
            points.append(x.copy())
            e = evaluate(problem.value, problem.constraints, 1, jnp.asarray(x)[None])
            return float(e.value[0]), np.asarray(e.grad[0])

        def entries(x):
            return np.asarray(problem.constraints(jnp.asarray(x)))

        jacobian = jax.jacfwd(problem.constraints)
        plain = optimize.minimize(
            value,
            np.asarray(problem.start),
            jac=True,
            method="SLSQP",
            constraints={
                "type": "ineq",
                "fun": entries,
                "jac": lambda x: np.asarray(jacobian(jnp.asarray(x))),
            },
            # The tolerance goes with the size of the first value.
            options={"ftol": 1e-9},
        )
        size = max(1.0, abs(float(problem.value(jnp.asarray(problem.start)))))
        optimizer = SLSQP(problem.equality, ftol=1e-9 / size, first_step=None, max_latent=None)
        asked, state = run(optimizer, problem, 100, dtype=np.float64)
    assert int(state.status) == plain.status == 0
    assert len(asked) == plain.nfev == len(points)
    np.testing.assert_allclose(asked[:, 0], np.asarray(points), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("factor", [1e6, 1e-6])
def test_slsqp_minds_no_bad_scaling(factor):
    scaled = eqx.tree_at(lambda p: p.value, DISK, lambda z: factor * _rosenbrock(z))
    plain, _ = run(SLSQP(DISK.equality), DISK, 60)
    asked, _ = run(SLSQP(DISK.equality), scaled, 60)
    np.testing.assert_allclose(asked[-1][0], DISK.minimum, atol=1e-3)
    assert abs(len(asked) - len(plain)) <= 5


def test_slsqp_keeps_the_bound_of_the_latents():
    run_away = eqx.tree_at(lambda p: p.value, UNBOUND, lambda z: -z.sum())
    asked, _ = run(SLSQP((), max_latent=2.0), run_away, 60)
    np.testing.assert_allclose(asked[-1][0], 2.0)
    far = eqx.tree_at(lambda p: p.start, run_away, (5.0, 0.0, 0.0))
    asked, _ = run(SLSQP((), max_latent=2.0), far, 60)
    np.testing.assert_allclose(asked[0][0], far.start)  # a start outside widens it
    np.testing.assert_allclose(asked[-1][0], (5.0, 2.0, 2.0))


def test_slsqp_stops_at_the_end_of_its_log():
    optimizer = SLSQP(DISK.equality, max_evaluations=7)
    asked, state = run(optimizer, DISK, 60)
    assert len(asked) == int(state.log.count) == 7
    assert int(state.status) == 9
    latents = jnp.asarray(asked[-1])
    again = optimizer.tell(state, latents, evaluate(DISK.value, DISK.constraints, 1, latents))
    assert eqx.tree_equal(again, state)


def test_the_penalty_is_the_stated_sum():
    constraints = jnp.asarray([[0.5, -2.0], [-0.25, 3.0]])
    jacobian = jnp.asarray([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [3.0, 4.0]]])
    value, grad = jnp.asarray([1.0, 2.0]), jnp.zeros((2, 2))
    optimizer = Penalized(Recorder(1), (True, False), (10.0, 100.0))
    told = optimizer.tell(None, grad, evaluation_of(value, grad, constraints, jacobian))
    np.testing.assert_allclose(told.value, [1.0 + 5.0 + 200.0, 2.0 + 2.5])
    np.testing.assert_allclose(told.grad, [[10.0, -100.0], [-10.0, -20.0]])
    assert told.constraints.shape == (2, 0)
    assert told.jacobian is None


class Recorder(AbstractConstrained):
    """Its state is the last evaluation it was told; it never finishes."""

    of_order: int
    equality: tuple[bool, ...] = ()

    @property
    def order(self):
        return self.of_order

    def init(self, latent, *, key):
        return latent

    def ask(self, state, *, key):
        return state[None]

    def tell(self, state, candidates, evaluation):
        return evaluation

    def done(self, state):
        return False


@pytest.mark.parametrize("name", [*GRADIENTS, *SAMPLING])
def test_needs_as_many_entries_as_there_are_constraints(name):
    optimizer = {**GRADIENTS, **SAMPLING}[name](ARC)
    with pytest.raises(ValueError, match="each of the 1 constraint values, got 2"):
        run(optimizer, LINE, 1)


def _init(optimizer):
    return optimizer.init(jnp.zeros(2), key=jax.random.key(0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Penalized(CEM(), (True,), -1.0), "weight > 0, got -1"),
        (lambda: Penalized(CEM(), (True,), (1.0, 2.0)), r"each of the 1 entries .* shape \(2,\)"),
        (lambda: AugmentedLagrangian(CEM(), ()), "needs an optimizer that uses gradients"),
        (lambda: AugmentedLagrangian(BFGS(), (), penalty=0.0), "penalty > 0, got 0"),
        (lambda: AugmentedLagrangian(BFGS(), (), growth=0.5), "growth >= 1, got 0.5"),
        (lambda: AugmentedLagrangian(BFGS(), (), every=0), "every >= 1, got 0"),
        (lambda: AugmentedLagrangian(BFGS(), (), tolerance=0.0), "tolerance > 0, got 0"),
        (
            lambda: _init(AugmentedLagrangian(MultiStart(BFGS(), num_starts=3), ())),
            "one latent at a time, got one that asks for 3",
        ),
        (lambda: SLSQP((), max_evaluations=0), "max_evaluations >= 1, got 0"),
        (lambda: SLSQP((), ftol=0.0), "ftol > 0, got 0"),
        (lambda: SLSQP((), first_step=-1.0), "first_step > 0 or None, got -1"),
        (lambda: SLSQP((), max_latent=0.0), "max_latent > 0 or None, got 0"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
