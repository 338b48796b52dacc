"""TFRecord files of `SequenceExample` messages, without TensorFlow.

A record is its length (8 bytes, little-endian), a masked CRC-32C of these, the data, and theirs.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from .._reading import check_regular
from ._crc32c import masked_crc32c

_LARGEST = 2**31  # bytes of a record
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
Fields = Iterator[tuple[int, int, Any]]


def read_records(path: Path) -> Iterator[bytes]:
    """The records of a file, one after another.

    **Raises:** `ValueError` naming the file and the record if one is cut off or altered.
    """
    check_regular(path, limit=2**50)
    with open(path, "rb") as file:
        index = 0
        while head := file.read(12):
            yield _record(path, file, head, index)
            index += 1


def _record(path: Path, file: BinaryIO, head: bytes, index: int) -> bytes:
    if len(head) < 12:
        raise ValueError(f"`{path}` is cut off in record {index}.")
    length, check = struct.unpack("<QI", head)
    if masked_crc32c(head[:8]) != check or length > _LARGEST:
        raise ValueError(f"`{path}` is damaged, or no TFRecord file: length of record {index}.")
    data, tail = file.read(length), file.read(4)
    if len(data) < length or len(tail) < 4:
        raise ValueError(f"`{path}` is cut off in record {index}.")
    if masked_crc32c(data) != struct.unpack("<I", tail)[0]:
        raise ValueError(f"`{path}` is damaged: record {index} does not fit its checksum.")
    return data


def sequence_example(data: bytes) -> tuple[dict[str, list[Any]], dict[str, list[list[Any]]]]:
    """Context features by name, and feature lists by name, a list of values each.

    **Raises:** `ValueError` if the bytes are no such message.
    """
    context: dict[str, list[Any]] = {}
    lists: dict[str, list[list[Any]]] = {}
    for number, _, value in _fields(memoryview(data)):
        if number == 1:
            context |= {name: _feature(entry) for name, entry in _map(value)}
        elif number == 2:
            for name, entry in _map(value):
                lists[name] = [_feature(each) for key, _, each in _fields(entry) if key == 1]
    return context, lists


def _fields(data: memoryview) -> Fields:
    """Field number, kind and value of each field of a message."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
        elif kind in (_BYTES, _FIXED32, _FIXED64):
            size = 8 if kind == _FIXED64 else 4
            if kind == _BYTES:
                size, place = _varint(data, place)
            value, place = data[place : place + size], place + size
            if place > len(data):
                raise ValueError("a field is cut off")
        else:
            raise ValueError(f"a field has the unknown kind {kind}")
        yield number, kind, value


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        if place >= len(data):
            raise ValueError("a number is cut off")
        byte = data[place]
        value, place, shift = value | (byte & 0x7F) << shift, place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ValueError("a number is too long")


def _map(data: Any) -> Iterator[tuple[str, Any]]:
    """Entries of a map from names to messages."""
    for number, kind, entry in _fields(_message(data)):
        if number == 1 and kind == _BYTES:
            parts = {key: value for key, _, value in _fields(entry)}
            yield bytes(parts.get(1, b"")).decode(), _message(parts.get(2, memoryview(b"")))


def _message(value: Any) -> memoryview:
    if not isinstance(value, memoryview):
        raise ValueError("a message is a number")
    return value


def _feature(data: Any) -> list[Any]:
    """Values of a feature: bytes, floats or integers, packed or not."""
    values: list[Any] = []
    for number, _, part in _fields(_message(data)):
        for _, kind, value in _fields(_message(part)):
            if number == 1:
                values.append(bytes(_message(value)))
            elif number == 2:
                values += struct.unpack(f"<{len(value) // 4}f", value)
            elif kind == _VARINT:
                values.append(_signed(value))
            else:
                place = 0
                while place < len(value):
                    found, place = _varint(value, place)
                    values.append(_signed(found))
    return values


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
