"""CRC-32C (Castagnoli) of bytes, many at a time."""

import numpy as np

_POLYNOMIAL = 0x82F63B78  # bits reversed
_LANES = 2048


def _table() -> np.ndarray:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ _POLYNOMIAL, values >> 1).astype(np.uint32)
    return values


_TABLE = _table()
_ZERO = np.zeros(1, np.uint32)
_BITS = np.uint32(1) << np.arange(32, dtype=np.uint32)


def _ahead(state: np.ndarray, byte: np.ndarray) -> np.ndarray:
    return _TABLE[(state ^ byte) & 0xFF] ^ (state >> 8)


def _applied(columns: np.ndarray, states: np.ndarray) -> np.ndarray:
    """A linear map of registers, given by what it makes of each bit."""
    bits = (states[:, None] & _BITS[None]) != 0
    return np.bitwise_xor.reduce(np.where(bits, columns[None], np.uint32(0)), axis=1)


def crc32c(data: bytes) -> int:
    """The checksum of RFC 3720, appendix B.4.

    Lanes of equal length are run through side by side, and joined pairwise: the register is linear
    in its content and in the data, so a lane's is moved on over the next one by the map that as
    many zero bytes are, and added to it.
    """
    raw = np.frombuffer(data, np.uint8)
    # The register starts full of ones: the same as an empty one and four bytes turned over.
    head = np.concatenate([raw, np.zeros(max(0, 4 - raw.size), np.uint8)]).astype(np.uint32)
    if raw.size < 4:
        state = np.full(1, 0xFFFFFFFF, np.uint32)
        for byte in raw.astype(np.uint32):
            state = _ahead(state, byte[None])
        return int(state[0] ^ np.uint32(0xFFFFFFFF))
    head[:4] ^= 0xFF
    steps = -(-head.size // _LANES)
    padded = np.zeros(_LANES * steps, np.uint32)  # zeros ahead of the data change nothing
    padded[padded.size - head.size :] = head
    lanes, columns = np.zeros(_LANES, np.uint32), _BITS
    for column in padded.reshape(_LANES, steps).T:
        lanes, columns = _ahead(lanes, column), _ahead(columns, _ZERO)
    while lanes.size > 1:
        lanes = _applied(columns, lanes[0::2]) ^ lanes[1::2]
        columns = _applied(columns, columns)
    return int(lanes[0] ^ np.uint32(0xFFFFFFFF))


def masked_crc32c(data: bytes) -> int:
    """As TFRecord files hold it: turned by 15 bits and shifted by a constant."""
    value = crc32c(data)
    return (((value >> 15) | (value << 17)) + 0xA282EAD8) & 0xFFFFFFFF
