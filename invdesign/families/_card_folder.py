"""Where a model card goes."""

from pathlib import Path


def card_folder(out: str | Path) -> Path:
    """The folder, made if it is absent.

    **Raises:** `ValueError` if it cannot be.
    """
    out = Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"`{out}` cannot hold a model card ({error.strerror}).") from error
    return out
