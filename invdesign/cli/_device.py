"""Whether JAX has the device that it was told to use."""

import os

import jax

VARIABLE = "JAX_PLATFORMS"


def check_device() -> None:
    """Look for the device of `JAX_PLATFORMS`, if that asks for more than the processor.

    **Raises:** `ValueError` if JAX cannot use it.
    """
    wanted = os.environ.get(VARIABLE, "")
    # Starting JAX for its default takes time and decides on devices: only where it may fail.
    if wanted in {"", "cpu"}:
        return
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # which of them depends on what is installed
        said = (str(error).strip() or "it is not installed").splitlines()[0]
        raise ValueError(
            f"`{VARIABLE}={wanted}` asks for a device that JAX cannot use here ({said}); unset it, "
            f"or use `{VARIABLE}=cpu`."
        ) from error
