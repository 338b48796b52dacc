"""What a worker process does: orders in, one a line, and lines about them out."""

import os
from typing import Any

import jax
import msgspec

from ...._allocator import keep_freed_memory
from ...._cache import use_compilation_cache
from ._messages import Event, Failed, Finished, Order
from ._perform import Performer

# Every program that is made ready passes this, whether it is compiled or found on disk.
_LOWERED = "/jax/core/compile/jaxpr_to_mlir_module_duration"


class _Programs:
    """Counts the programs that this process holds memory maps of."""

    def __init__(self):
        self.number = 0
        jax.monitoring.register_event_duration_secs_listener(self)

    def __call__(self, event: str, duration_secs: float, **_: Any) -> None:
        self.number += event == _LOWERED


def serve(orders: int, answers: int) -> None:
    """Carry out orders until there are no more, or the head is gone.

    **Arguments:** descriptors to read orders from and to write answers to.
    """
    keep_freed_memory()
    use_compilation_cache()
    programs, perform = _Programs(), Performer()

    def tell(event: Event) -> None:
        if isinstance(event, Finished | Failed):
            event = msgspec.structs.replace(event, programs=programs.number)
        os.write(answers, msgspec.json.encode(event) + b"\n")

    with os.fdopen(orders, "rb") as lines:
        for line in lines:
            perform(msgspec.json.decode(line, type=Order), tell)
