"""What the benchmarks share: arguments, timing, and results with machine and versions."""

import argparse
import base64
import enum
import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from rich.console import Console
from rich.table import Table

import invdesign as inv
from invdesign._cache import use_compilation_cache
from invdesign.io._atomic import write_json
from invdesign.studies import Resolved, RunConfig, resolve

RESULTS = Path(__file__).resolve().parent / "results"
CONFIGS = Path(__file__).resolve().parents[1] / "pretrained" / "configs"
_CONSOLE = Console(stderr=True)

inv.keep_freed_memory()  # all contenders enjoy it


def arguments(
    description: str | None, *extra: tuple[str, dict[str, Any]], cached: bool = False
) -> argparse.Namespace:
    """The command line of a benchmark: `--out FILE`, `--quick` and `extra` options.

    **Arguments:** `cached`: keep compiled programs for the next time, as the command line does;
    for benchmarks that report no seconds.
    """
    summary = (description or "").splitlines()[0]
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--out", type=Path, help="a JSON file; by default in benchmarks/results")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run at all?")
    for name, options in extra:
        parser.add_argument(name, **options)
    given = parser.parse_args()
    if cached:
        use_compilation_cache()
    if given.quick and given.out is None:  # what was measured stays
        given.out = RESULTS / "quick" / f"{Path(parser.prog).stem}.json"
    return given


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, load before the benchmark, and operating system."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "backend": jax.default_backend(),
        "device": jax.devices()[0].device_kind,
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that matter for speed."""
    names = ("jax", "jaxlib", "equinox", "jraph")
    installed = {name: importlib.metadata.version(name) for name in names}
    return {"python": platform.python_version(), **installed, "invdesign": inv.__version__}


def interleaved(
    calls: Mapping[str, Callable[[], Any]], *, repeats: int
) -> dict[str, dict[str, float]]:
    """Seconds of each call: `min` and `median` over `repeats` rounds of all calls in turn.

    Rounds of one call each, so that a drift of the machine hits all alike. The first round, in
    which programs are compiled, is left out and reported as `first`. `cpu` is the least time that
    all cores together spent on a call, which a busy machine disturbs less.
    """
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(repeats + 1):
        for name, call in calls.items():
            start, work = time.perf_counter(), time.process_time()
            jax.block_until_ready(call())
            spent = time.perf_counter() - start, time.process_time() - work
            seconds[name].append(spent)
    return {name: _summary(np.asarray(values)) for name, values in seconds.items()}


def temporary_bytes(program: Any) -> int:
    """Temporary memory of a compiled `eqx.filter_jit` program, by its own analysis."""
    return program.compiled.memory_analysis().temp_size_in_bytes


def packed(latent: Any) -> str:
    """A latent as text: base64 of its numbers in single precision, little-endian."""
    return base64.b64encode(np.asarray(latent, "<f4").tobytes()).decode()


def unpacked(text: str) -> np.ndarray:
    """The latent of a text that `packed` made."""
    return np.frombuffer(base64.b64decode(text), "<f4")


def plain(run: Mapping[str, Any]) -> dict[str, Any]:
    """What tells a stored run from others: its entries that are no lists or mappings."""
    return {key: value for key, value in run.items() if not isinstance(value, list | dict)}


def publish(
    script: str, given: argparse.Namespace, results: Mapping[str, Any], *, note: str = ""
) -> None:
    """Write a benchmark's JSON file, named after its script, and say where it is."""
    name = Path(script).stem
    out = given.out or RESULTS / f"{name}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    write_json(
        out,
        {
            "benchmark": name,
            "quick": given.quick,
            "timing": "seconds; compilation excluded; min and median of interleaved repeats",
            "machine": _MACHINE,
            "versions": versions(),
            **({"note": note} if note else {}),
            "results": json.loads(json.dumps(results, default=float)),
        },
    )
    _CONSOLE.print(f"[dim]{out}[/dim]")


def show(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print mappings with equal keys as a table."""
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="right" if name != next(iter(rows[0])) else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console().print(table)


def milliseconds(timing: Mapping[str, float]) -> str:
    """A timing as `min / median` in milliseconds."""
    return f"{1e3 * timing['min']:.3g} / {1e3 * timing['median']:.3g}"


def _summary(seconds: np.ndarray) -> dict[str, float]:
    wall, work = seconds[1:].T
    return {
        "min": float(wall.min()),
        "median": float(np.median(wall)),
        "cpu": float(work.min()),
        "first": float(seconds[0, 0]),
    }


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


_MACHINE = machine()


class Kind(enum.StrEnum):
    """What a benchmark simulates with."""

    LEARNED = "learned"
    REFERENCE = "reference"


def resolved(task: str, kind: Kind, model: str | None) -> Resolved:
    """A registered task under a model, or under its reference solver."""
    model = model if kind is Kind.LEARNED else None
    return resolve(RunConfig(task=task, simulator=kind.value, model=model))
