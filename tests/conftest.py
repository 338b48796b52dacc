"""What every test runs under: strict shapes, strict dtypes, checked signatures, the CPU."""

import os
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import beartype.typing  # noqa: F401  (named in the source text below)
import jax
import jaxtyping

# Before anything imports the package: from here on its annotations are checked at run time.
# jaxtyping takes the checker as source text. An int passes for a float, as Python's own typing
# rules have it, and `Self`, which beartype resolves on decorated classes only, goes unchecked.
jaxtyping.install_import_hook(
    "invdesign",
    "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True, "
    "hint_overrides=beartype.FrozenDict({beartype.typing.Self: object})))",
)

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

# Compiled programs outlive the run. One folder a worker: JAX writes these files in place, and a
# worker must not read what another one is still writing.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
_CACHE = Path(__file__).resolve().parents[1] / ".pytest_cache" / "jax" / _WORKER
jax.config.update("jax_compilation_cache_dir", str(_CACHE))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)

import pytest  # noqa: E402
from xdist.scheduler import LoadFileScheduling  # noqa: E402

from invdesign import keep_freed_memory  # noqa: E402  the import hook has to be in place

keep_freed_memory()

_MOST_MAPS = 20_000
# Most of a test is compilation, which takes a third of the time so; results round otherwise.
_LIGHT = ["--xla_backend_optimization_level=0", "--xla_llvm_disable_expensive_passes=true"]
_OLDER = "--xla_cpu_use_fusion_emitters=false"  # unknown to newer JAX: that would end the process


def pytest_configure(config):
    """The fast suite compiles lightly; slow tests get programs as users do."""
    if config.option.markexpr == "not slow":
        flags = [*_LIGHT, _OLDER] if jax.__version_info__ < (0, 11) else _LIGHT
        os.environ.setdefault("XLA_FLAGS", " ".join(flags))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file is one worker's, so that its programs and its fixtures are made once."""
    return LoadFileScheduling(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(autouse=True)
def few_memory_maps():
    """Drops compiled programs before they are too many.

    Each holds memory maps, of which Linux gives a process 65,530 (`vm.max_map_count`): a worker
    that has compiled for ten minutes dies of the next program it cannot map.
    """
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > _MOST_MAPS:
        jax.clear_caches()
