"""Schemas: what a file has to hold, each beside what it describes, checked by msgspec."""

import dataclasses
import math
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from ._reading import read_json, read_toml

Record = TypeVar("Record")

Count = Annotated[int, Meta(ge=0, le=2**62)]
Positive = Annotated[float, Meta(gt=0)]
NonNegative = Annotated[float, Meta(ge=0)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Line = Annotated[str, Meta(min_length=1, max_length=10_000)]
# Of networks and their training: far beyond what anybody builds, and small enough to count.
Size = Annotated[int, Meta(ge=1, le=10_000)]
Depth = Annotated[int, Meta(ge=1, le=1_000)]
Number = Annotated[int, Meta(ge=1, le=10**9)]
Seed = Annotated[int, Meta(ge=0, lt=2**32)]
Rate = Annotated[float, Meta(gt=0, le=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0)]
Average = Annotated[float, Meta(ge=0, lt=1)]


def as_record(content: Any, kind: type[Record], *, path: str | Path, at: str = "$") -> Record:
    """`content` as a `kind`: a dataclass, a `msgspec.Struct`, or a type made of such.

    Every number has to be finite. Keys that a dataclass does not know are refused; a `Struct`
    says itself whether it takes further ones.

    **Arguments:** `path`: of the file that it is from; `at`: where in it, `$` being all of it.

    **Raises:** `ValueError` naming the file, the place in it, and what belongs there.
    """
    try:
        _check_finite(content, at)
        _check_keys(content, kind, at)
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        said = _placed(str(error), at).removesuffix(".")  # a record's own check ends with one
        raise ValueError(f"`{path}`: {said}.") from error
    except RecursionError as error:
        raise ValueError(f"`{path}` is nested too deeply.") from error


def read_record(path: str | Path, kind: type[Record]) -> Record:
    """The content of a JSON file as a `kind`.

    **Raises:** `ValueError` as `read_json` and `as_record`.
    """
    return as_record(read_json(path), kind, path=path)


def read_toml_record(path: str | Path, kind: type[Record]) -> Record:
    """The content of a TOML file as a `kind`.

    **Raises:** `ValueError` as `read_toml` and `as_record`.
    """
    return as_record(read_toml(path), kind, path=path)


def check_format(path: str | Path, content: Any, wanted: int | str, *, key: str = "format") -> None:
    """Refuse a file whose `key` names another format, before it is looked at any closer.

    **Raises:** `ValueError` naming the file, its format, and the one that this version reads.
    """
    found = content.get(key, wanted) if isinstance(content, dict) else wanted
    if found != wanted or type(found) is not type(wanted):
        shown = str(found)[:20]
        raise ValueError(f"`{path}` has the {key} {shown}, this version reads {wanted}.")


def _placed(message: str, at: str) -> str:
    """What msgspec says, with the place first."""
    said, _, place = message.partition(" - at ")
    place = at + place.strip("`").removeprefix("$")
    said = said[:1].lower() + said[1:]
    return f"at `{place}`: {said}" if place != "$" else said


def _check_finite(content: Any, at: str) -> None:
    if isinstance(content, float) and not math.isfinite(content):
        raise msgspec.ValidationError(f"Expected a finite number, got {content} - at `{at}`")
    if isinstance(content, dict):
        for key, value in content.items():
            _check_finite(value, f"{at}.{key}")
    elif isinstance(content, list):
        for index, value in enumerate(content):
            _check_finite(value, f"{at}[{index}]")


def _check_keys(content: Any, kind: Any, at: str) -> None:
    """Refuse keys that a dataclass does not have, which msgspec would pass over."""
    if not (dataclasses.is_dataclass(kind) and isinstance(content, dict)):
        return
    unknown = content.keys() - {field.name for field in dataclasses.fields(kind)}
    if unknown:
        raise msgspec.ValidationError(f"Unknown key `{min(unknown, key=str)}` - at `{at}`")
