"""A Tesseract of two numbers that grow by a factor, and that tears above a limit."""

from typing import Any

import numpy as np
from pydantic import BaseModel
from tesseract_core.runtime import Array, Differentiable, Float32, ShapeDType


class InputSchema(BaseModel):
    state: Differentiable[Array[(None,), Float32]]
    factor: Differentiable[Array[(None,), Float32]]


class OutputSchema(BaseModel):
    state: Differentiable[Array[(None,), Float32]]


def apply(inputs: InputSchema) -> OutputSchema:
    if inputs.factor.max() > 1.4:
        raise RuntimeError("it tore")
    return OutputSchema(state=inputs.state * inputs.factor)


def abstract_eval(abstract_inputs: Any) -> dict[str, Any]:
    state = abstract_inputs.model_dump()["state"]
    return {"state": ShapeDType(shape=state["shape"], dtype="float32")}


def vector_jacobian_product(
    inputs: InputSchema,
    vjp_inputs: set[str],
    vjp_outputs: set[str],
    cotangent_vector: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    cotangent = cotangent_vector["state"]
    slopes = {"state": cotangent * inputs.factor, "factor": cotangent * inputs.state}
    return {name: slopes[name] for name in vjp_inputs}
