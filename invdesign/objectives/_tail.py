"""The last part of a trajectory, which values and scores are averaged over."""

from .._types import Array, Float


def check_tail(tail: float, owner: str) -> None:
    """Refuse a fraction that is none.

    **Raises:** `ValueError` unless `0 <= tail <= 1`.
    """
    if not 0 <= tail <= 1:
        raise ValueError(f"`{owner}` needs a tail between 0 and 1, got {tail}.")


def last_frames(
    positions: Float[Array, "time node dim"], tail: float
) -> Float[Array, "tail node dim"]:
    """The last `tail` of all frames, rounded to whole ones; the last frame for 0."""
    num_frames = positions.shape[0]
    return positions[num_frames - max(1, round(tail * num_frames)) :]
