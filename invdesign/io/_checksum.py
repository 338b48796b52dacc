"""Checksums of files."""

import hashlib
from pathlib import Path

from ._reading import check_regular


def sha256(path: str | Path) -> str:
    """The SHA-256 checksum of a file, hexadecimal.

    **Raises:** `ValueError` naming the file if it cannot be read.
    """
    check_regular(path)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_file(path: str | Path, *, sha256_expected: str, bytes_expected: int) -> None:
    """Compare a file with what its manifest promises.

    **Raises:** `ValueError` naming the file if it is missing, truncated or altered.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`{path}` does not exist; install invdesign again or fetch the weights.")
    size = path.stat().st_size
    if size != bytes_expected:
        fault = "is truncated" if size < bytes_expected else "is longer than it should be"
        raise ValueError(
            f"`{path}` {fault}: {size} bytes, the manifest says {bytes_expected}; fetch it again."
        )
    found = sha256(path)
    if found != sha256_expected:
        raise ValueError(
            f"`{path}` has a wrong checksum: sha256 {found[:12]}..., the manifest says "
            f"{sha256_expected[:12]}...; fetch it again."
        )
