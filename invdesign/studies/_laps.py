"""Where the time of a run goes, and how much of it into compilation."""

import time

from jax import monitoring

# Of one program each; what tracing takes is not told apart from what runs in between.
_COMPILATION = {
    "/jax/core/compile/jaxpr_to_mlir_module_duration",
    "/jax/core/compile/backend_compile_duration",
}


class _Total:
    """Seconds that this process has spent on compiling since it was imported."""

    seconds = 0.0


def _add(event: str, duration_secs: float, **kwargs: str | int) -> None:
    if event in _COMPILATION:
        _Total.seconds += duration_secs


monitoring.register_event_duration_secs_listener(_add)


class Laps:
    """A stopwatch: `lap()` ends a phase and gives its seconds and those of them spent compiling."""

    def __init__(self):
        self._last = self._now()

    def lap(self) -> tuple[float, float]:
        before, self._last = self._last, self._now()
        return self._last[0] - before[0], self._last[1] - before[1]

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), _Total.seconds
