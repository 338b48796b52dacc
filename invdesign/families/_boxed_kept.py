"""What balls in a box have to keep: shape, room and energy."""

from collections.abc import Mapping

import numpy as np

from ..scenes._ropes import GRAVITY

Arrays = Mapping[str, np.ndarray]


def kept(found: np.ndarray, truth: Arrays) -> dict[str, float]:
    """What balls have to keep, in a model and in MuJoCo; what is not finite does not count.

    **Arguments:** `found`: positions after each frame, `(scene, time, ball, 2)`.
    """
    whole = np.isfinite(found).all(axis=(1, 2, 3))
    if not whole.any():
        return {}
    scenes = {key: rows[whole] for key, rows in truth.items()}
    own, found = scenes["positions"][:, 1:], found[whole]
    numbers = {
        "overlap": overlap(found, scenes),
        "overlap_truth": overlap(own, scenes),
        "energy": energy(found, scenes) / energy(own, scenes),
    }
    if _joined(scenes).any():
        numbers |= {"stretch": stretch(found, scenes), "stretch_truth": stretch(own, scenes)}
    return numbers


def stretch(positions: np.ndarray, scenes: Arrays) -> float:
    """Mean relative error of distances between balls of one body.

    **Arguments:** `positions`: `(scene, time, ball, 2)`.
    """
    distance, first = _distances(positions), _distances(scenes["positions"][:, :1])
    joined = np.broadcast_to(_joined(scenes)[:, None], distance.shape)
    return float(np.abs(distance / np.where(first > 0, first, 1) - 1)[joined].mean())


def overlap(positions: np.ndarray, scenes: Arrays) -> float:
    """The deepest that a ball is in another body or in a wall over its radius, a mean over frames.

    **Arguments:** `positions`: `(scene, time, ball, 2)`.
    """
    radius, there = scenes["radius"], scenes["body"] >= 0
    thick = radius[:, None, :, None]
    room = np.minimum(
        positions - scenes["lower"][:, None, None] - thick,
        scenes["upper"][:, None, None] - positions - thick,
    ).min(axis=-1)
    walls = np.where(there[:, None], -room / radius[:, None], 0.0).max(axis=2)
    first, last = np.triu_indices(radius.shape[1], 1)
    reach, least = radius[:, first] + radius[:, last], np.minimum(radius[:, first], radius[:, last])
    apart = there[:, first] & there[:, last] & ~_joined(scenes)
    deep = (reach[:, None] - _distances(positions)) / least[:, None]
    balls = np.where(apart[:, None], deep, 0.0).max(axis=2)
    return float(np.maximum(np.maximum(walls, balls), 0.0).mean())


def energy(positions: np.ndarray, scenes: Arrays, frames: int = 20) -> float:
    """Energy above that of rest on the floor, a mean over the last frames and over scenes.

    **Arguments:** `positions`: `(scene, time, ball, 2)`; in units of mass, length and frame.
    """
    last = positions[:, -frames - 1 :]
    mass = np.where(scenes["body"] >= 0, scenes["mass"], 0.0)[:, None]
    kinetic = 0.5 * np.sum(np.diff(last, axis=1) ** 2, axis=-1) / 0.01**2
    height = last[:, 1:, :, 1] - scenes["lower"][:, None, None, 1] - scenes["radius"][:, None]
    return float(np.mean(np.sum(mass * (kinetic + GRAVITY * height), axis=-1)))


def _distances(positions: np.ndarray) -> np.ndarray:
    """Between all pairs of balls, `(scene, time, pair)`."""
    first, last = np.triu_indices(positions.shape[2], 1)
    return np.linalg.norm(positions[:, :, first] - positions[:, :, last], axis=-1)


def _joined(scenes: Arrays) -> np.ndarray:
    """Which pairs are of one body, `(scene, pair)`."""
    body = scenes["body"]
    first, last = np.triu_indices(body.shape[1], 1)
    return (body[:, first] >= 0) & (body[:, first] == body[:, last])
