"""Whether water lands where, when and as much as in the truth: what models are judged by."""

import dataclasses

import numpy as np

from ._course import CENTER

SECTORS = 12
# Of `agreement`, in the order of a course's columns.
NUMBERS = ("agreement", "landed_error", "place_error", "sector_error", "time_error")


@dataclasses.dataclass(frozen=True)
class Landed:
    """Where and when the water of one simulation has landed by its end.

    **Arguments:** `place`: of what has, in metres from the landscape's middle, `(landed, 2)`;
    `when`: in seconds, `(landed,)`; `emitted`: number of particles.
    """

    place: np.ndarray
    when: np.ndarray
    emitted: int

    @property
    def share(self) -> float:
        """Of the emitted water."""
        return len(self.place) / self.emitted

    @property
    def middle(self) -> np.ndarray:
        """Mean landing point in metres; the landscape's middle if nothing has landed."""
        return self.place.mean(axis=0) if len(self.place) else np.zeros(2)

    @property
    def spread(self) -> float:
        """Root mean square distance from the mean landing point in metres."""
        return float(
            np.sqrt(
                ((self.place - self.middle) ** 2).sum(axis=1).mean() if len(self.place) else 0.0
            )
        )

    @property
    def sectors(self) -> np.ndarray:
        """Shares of the emitted water in sectors of 30 degrees, from x to z, `(12,)`."""
        turn = np.arctan2(self.place[:, 1], self.place[:, 0]) % (2 * np.pi)
        index = np.minimum((turn * SECTORS / (2 * np.pi)).astype(int), SECTORS - 1)
        return np.bincount(index, minlength=SECTORS) / self.emitted


def landed_of(position: np.ndarray, landed: np.ndarray, when: np.ndarray) -> Landed:
    """Of a simulation's end, whose water has all been emitted.

    **Arguments:** `position`: in metres, `(node, 3)`; `landed`, `when`: `(node,)`.
    """
    place = position[landed][:, [0, 2]] - np.asarray(CENTER)
    return Landed(place, when[landed], len(position))


def agreement(found: Landed, truth: Landed) -> dict[str, float]:
    """Numbers of a simulation beside the truth.

    - `agreement`: common share of the water in the sectors and of what has not landed, 0 to 1.
    - `landed_error`: difference of the shares landed.
    - `place_error`: distance of the mean landing points in metres; the landscape is one wide.
    - `sector_error`: sum of the differences of the shares in 12 sectors.
    - `time_error`: difference of the mean times of landing in seconds.
    """
    apart = float(np.abs(found.sectors - truth.sectors).sum())
    landed = abs(found.share - truth.share)
    times = [each.when.mean() if len(each.when) else 0.0 for each in (found, truth)]
    return {
        "agreement": 1.0 - 0.5 * (apart + landed),
        "landed_error": landed,
        "place_error": float(np.linalg.norm(found.middle - truth.middle)),
        "sector_error": apart,
        "time_error": float(abs(times[0] - times[1])),
    }
