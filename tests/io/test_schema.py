"""Schemas: what is wrong is named with its place."""

import dataclasses

import msgspec
import pytest

from invdesign.io._schema import as_record


class Open(msgspec.Struct):
    rows: list[list[float]]


@dataclasses.dataclass(frozen=True)
class Closed:
    number: float
    names: list[str] = dataclasses.field(default_factory=list)


def test_what_fits_is_read():
    assert as_record({"rows": [[1.0]], "more": None}, Open, path="a").rows == [[1.0]]
    assert as_record({"number": 2.0, "names": ["b"]}, Closed, path="a") == Closed(2.0, ["b"])


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        ({"rows": [[0.0], [0.0, float("inf")]]}, Open, r"`\$\.rows\[1\]\[1\]`: expected a finite"),
        ({"rows": [], "more": {"x": [float("nan")]}}, Open, r"`\$\.more\.x\[0\]`: expected a fin"),
        ({"rows": [["0"]]}, Open, r"`\$\.rows\[0\]\[0\]`: expected `float`, got `str`"),
        ({"number": 1.0, "nmaes": []}, Closed, r"nknown key `nmaes`"),
        ({}, Closed, "missing required field `number`"),
    ],
)
def test_what_does_not_is_named(content, kind, said):
    with pytest.raises(ValueError, match=said) as caught:
        as_record(content, kind, path="a.json")
    assert str(caught.value).startswith("`a.json`")
