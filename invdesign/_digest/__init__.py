"""Checksums of whole objects: every field, array and function, the same in every process."""

from ._walk import (
    VERSION as VERSION,
    Fields as Fields,
    digest as digest,
    digest_fields as digest_fields,
)
