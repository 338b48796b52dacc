"""A Tesseract as a simulator, without Docker."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, solve
from invdesign.optimizers import CEM, Adam
from invdesign.simulators import TesseractSimulator

from .test_external import INSIDE, KEY, TASK, evaluated, problem

# What `tesseract-core[runtime]` brings, which `from_tesseract_api` needs.
pytest.importorskip("fastapi", reason="`pip install 'invdesign[tesseract]'` brings it")
tesseract_core = pytest.importorskip("tesseract_core")
pytest.importorskip("tesseract_jax", reason="`pip install 'invdesign[tesseract]'` brings it")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
API = Path(__file__).with_name("tesseract_api.py")
FRAMES = TASK.num_steps


def wrapped(api=API):
    client = tesseract_core.Tesseract.from_tesseract_api(str(api))
    return TesseractSimulator(
        client,
        lambda scene: jnp.ones(2),
        lambda scene, frame: {"state": frame, "factor": scene.factor},
        read=lambda outputs: outputs["state"],
        dt=0.1,
    )


@pytest.fixture(scope="module")
def simulator():
    return wrapped()


def test_values_gradients_and_calls(simulator):
    latent = jnp.asarray([-0.5, 0.2])
    found = evaluated(problem(simulator), latent, 1)
    wanted = evaluated(problem(INSIDE), latent, 1)
    np.testing.assert_allclose(found.value, wanted.value, rtol=1e-6)
    np.testing.assert_allclose(found.grad, wanted.grad, rtol=1e-5)
    assert simulator.calls == FRAMES * 2
    evaluated(problem(simulator), latent, 0)
    assert simulator.calls == FRAMES * 2


def test_a_search(simulator):
    before = simulator.calls
    solution = solve(problem(simulator), Adam(0.1), key=KEY, max_steps=3)
    assert solution.history["best_value"][-1] < solution.history["value"][0]
    assert solution.simulator_steps == simulator.calls - before == 3 * 2 * FRAMES


def test_what_raises_is_one_candidate_that_failed(simulator, caplog):
    latents = jnp.asarray([[-1.0, -1.0], [3.0, 0.0]])
    found = jax.vmap(lambda z: problem(simulator).evaluate(z, order=1))(latents)
    assert found.result.tolist() == [0, int(RESULTS.external_failed)]
    assert "it tore" in caplog.text


def test_without_a_vjp_gradient_methods_are_refused(tmp_path):
    text = API.read_text()
    api = tmp_path / "tesseract_api.py"
    api.write_text(text[: text.index("def vector_jacobian_product")])
    simulator = wrapped(api=api)
    with pytest.raises(ValueError, match="`Adam` needs gradients, and the Tesseract has no"):
        solve(problem(simulator), Adam(0.1), key=KEY, max_steps=1)
    solution = solve(problem(simulator), CEM(4, 2), key=KEY, max_steps=1)
    assert np.isfinite(solution.value)


def test_what_is_no_tesseract():
    with pytest.raises(ValueError, match="needs a Tesseract, got 3"):
        TesseractSimulator(3, jnp.ones, lambda scene, frame: {}, dt=0.1)
