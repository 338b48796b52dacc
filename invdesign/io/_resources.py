"""Where the shipped tasks and weights lie, in a wheel and in a checkout alike."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def _resource(installed: Path, checkout: Path) -> Path:
    for path in (installed, checkout):
        if path.exists():
            return path
    raise ValueError(
        f"This installation of invdesign is incomplete: neither `{installed}` nor `{checkout}` "
        "exists; install the wheel again, or work from a whole checkout."
    )


def tasks_dir() -> Path:
    """The folder of registered tasks.

    A wheel carries it inside the package; in a checkout, and so in an editable installation, it
    is the top-level `tasks/`.

    **Raises:** `ValueError` if the installation has neither.
    """
    return _resource(PACKAGE / "_tasks", PACKAGE.parent / "tasks")


def pretrained_dir() -> Path:
    """The folder of shipped weights and their `manifest.toml`, found as `tasks_dir` is.

    **Raises:** `ValueError` if the installation has neither.
    """
    return _resource(PACKAGE / "_pretrained", PACKAGE.parent / "pretrained")


def citation_file() -> Path:
    """`CITATION.cff`, found as `tasks_dir` is.

    **Raises:** `ValueError` if the installation has neither.
    """
    return _resource(PACKAGE / "CITATION.cff", PACKAGE.parent / "CITATION.cff")
