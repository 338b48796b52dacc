"""Arrays as a page holds them: whole numbers, differences from frame to frame, compressed."""

import base64
import zlib
from typing import Any

import numpy as np

POSITIONS = 2**13 - 1  # steps of what is drawn at a place: a tenth of a pixel, and less
COLORS = 2**8 - 1  # of what is drawn as a color


def held(frames: np.ndarray) -> np.ndarray:
    """Frames up to the first that is not finite, which then stand still; zeros if none is."""
    frames = np.asarray(frames, float)
    known = np.isfinite(frames).all(axis=tuple(range(1, frames.ndim)))
    if known.all():
        return frames
    last = int(known.argmin())
    if last == 0:
        return np.zeros_like(frames)
    return np.concatenate(
        [frames[:last], np.repeat(frames[last - 1 : last], len(frames) - last, 0)]
    )


def packed(array: np.ndarray, levels: int = POSITIONS) -> dict[str, Any]:
    """An array `(time, ...)` rounded to so many steps of its range, as JSON holds it.

    The whole numbers are of 16 bits, each less the one of the frame before, all low bytes before
    all high ones, which compresses well, deflated by zlib and written in base64. Then

    $$x = low + step \\cdot \\sum_{t' \\le t} d_{t'} \\bmod 2^{16}.$$

    **Arguments:** `array`: finite numbers; `levels`: at most 65,535.
    """
    array = np.asarray(array, float)
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    step = (high - low) / levels or 1.0
    whole = np.round((array - low) / step).astype(np.int64)
    differences = np.diff(whole, axis=0, prepend=np.zeros_like(whole[:1]))
    words = (differences % 2**16).astype("<u2")
    planes = words.reshape(-1).view(np.uint8).reshape(-1, 2).T
    text = base64.b64encode(zlib.compress(planes.tobytes(), 9)).decode()
    return {"shape": list(array.shape), "low": low, "step": step, "data": text}


def unpacked(found: dict[str, Any]) -> np.ndarray:
    """The array of `packed`, as rounded."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(found["data"])), np.uint8)
    words = planes.reshape(2, -1).T.astype(np.int64) @ np.asarray([1, 256])
    whole = np.cumsum(words.reshape(found["shape"]), axis=0) % 2**16
    return found["low"] + found["step"] * whole
