"""Random elastic strips that meet a disk."""

import dataclasses
import math

import numpy as np

from ...scenes import NodeKind

GRAVITY = (0.0, -9.81)  # m/s²
_ASIDE = 0.3  # of its speed at most that a disk moves off its way, along each axis
_KEYS = ("rest", "position", "velocity", "edges", "kind", "gravity", "stiffness")
_KNOTS = 4  # along a strip whose stiffness varies


@dataclasses.dataclass(frozen=True)
class RandomStrips:
    """A strip in a vertical plane, held at one end, at both or at none, and a disk that it meets.

    The disk's rim is made of driven nodes; it stands still or comes at the strip from below, from
    above or from the side of its free end. The strip starts bent by a random wave, and moving; if
    it is held at one end that may be driven. Half of the strips are as stiff as the material
    everywhere times one number, along the others the number varies.

    **Arguments:**

    - `num_along`, `num_across`: nodes of the strip, in squares with both diagonals; `spacing`: of
      neighbors in metres.
    - `num_rim`: nodes of the disk's rim; `radius`: of the disk in metres.
    - `gap`: least and largest distance between strip and rim at the start, in metres.
    - `speed`: the disk's at most, in metres a second.
    - `wave`: largest amplitude of the strip's first shape in spacings.
    - `swing`: largest velocity of the strip along each axis in metres a second.
    - `stiffness`: least and largest, over the material's.
    - `driven`: share of the strips held at one end whose end is driven; `drive`: at what speed at
      most, in metres a second.
    """

    num_along: int = 12
    num_across: int = 3
    spacing: float = 0.05
    num_rim: int = 14
    radius: float = 0.09
    gap: tuple[float, float] = (0.05, 0.15)
    speed: float = 1.0
    wave: float = 0.5
    swing: float = 0.5
    stiffness: tuple[float, float] = (0.5, 4.0)
    driven: float = 0.5
    drive: float = 1.5

    @property
    def fastest_drive(self) -> float:
        """Of the disk and of an end in metres a second."""
        disk = math.hypot(1 + _ASIDE, _ASIDE) * self.speed
        return max(disk, self.drive if self.driven else 0.0)

    def mesh(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes at rest around the origin, the disk's in its own frame, and the pairs joined."""
        lattice = np.arange(self.num_along * self.num_across).reshape(self.num_along, -1)
        pairs = [
            (lattice[:-1], lattice[1:]),
            (lattice[:, :-1], lattice[:, 1:]),
            (lattice[:-1, :-1], lattice[1:, 1:]),
            (lattice[:-1, 1:], lattice[1:, :-1]),
        ]
        rim = lattice.size + np.arange(self.num_rim)
        pairs.append((rim, np.roll(rim, -1)))
        edges = np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in pairs])
        axes = [(np.arange(n) - 0.5 * (n - 1)) * self.spacing for n in lattice.shape]
        strip = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        turn = 2 * math.pi * np.arange(self.num_rim) / self.num_rim
        circle = self.radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        return np.concatenate([strip, circle]), edges

    def sample(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Arrays of an `SpringScene`."""
        rest, edges = self.mesh()
        size = self.num_along * self.num_across
        along = rest[:size, 0] / (self.spacing * (self.num_along - 1)) + 0.5
        position, velocity = rest.copy(), np.zeros_like(rest)
        held = rng.choice(3, p=(0.55, 0.3, 0.15))  # at one end, at both, at none
        wave = self.wave * self.spacing * np.sin(rng.integers(1, 4) * math.pi * along)
        position[:size, 1] += rng.uniform(-1, 1) * wave
        velocity[:size] = self.swing * rng.uniform(-1, 1, 2) * along[:, None]
        kind = np.full(len(rest), NodeKind.FREE, np.int32)
        kind[size:] = NodeKind.DRIVEN
        first, last = along < 1e-6, along > 1 - 1e-6
        kind[:size][(first & (held < 2)) | (last & (held == 1))] = NodeKind.HELD
        center, drive = self._disk(rng, free_end=held == 0)
        position[size:] += center
        velocity[size:] = drive
        velocity[kind == NodeKind.HELD] = 0.0
        if held == 0 and rng.uniform() < self.driven:
            turn = rng.uniform(0.0, 2 * math.pi)
            way = np.array([math.cos(turn), math.sin(turn)])
            velocity[kind == NodeKind.HELD] = self.drive * rng.uniform(0.2, 1.0) * way
            kind[kind == NodeKind.HELD] = NodeKind.DRIVEN
        stiffness = self._stiffness(rng, rest[edges].mean(axis=1)[:, 0])
        arrays = (rest, position, velocity, edges, kind, np.array(GRAVITY), stiffness)
        types = (*(np.float32,) * 3, *(np.int32,) * 2, *(np.float32,) * 2)
        return {k: a.astype(t) for k, a, t in zip(_KEYS, arrays, types, strict=True)}

    def _stiffness(self, rng: np.random.Generator, place: np.ndarray) -> np.ndarray:
        """Of pairs whose middles are at places along the strip; between knots its logarithm is
        linear.
        """
        least, most = np.log(self.stiffness)
        half = 0.5 * self.spacing * (self.num_along - 1)
        logs = rng.uniform(least, most, _KNOTS if rng.uniform() < 0.5 else 1)
        logs = np.resize(logs, _KNOTS)
        return np.exp(np.interp(place, np.linspace(-half, half, _KNOTS), logs))

    def _disk(self, rng: np.random.Generator, *, free_end: bool) -> tuple[np.ndarray, np.ndarray]:
        """Where the disk's middle starts, and its velocity: towards the strip, or none."""
        length, width = (self.spacing * (n - 1) for n in (self.num_along, self.num_across))
        away = self.radius + rng.uniform(*self.gap)
        side = rng.choice(3, p=(0.6, 0.2, 0.2) if free_end else (0.7, 0.3, 0.0))
        across = rng.uniform(-0.4, 0.4) * length
        if side == 2:
            center = np.array([0.5 * length + away, rng.uniform(-1.5, 0.5) * self.radius])
            toward = np.array([-1.0, 0.0])
        else:
            up = 1.0 if side == 1 else -1.0
            center = np.array([across, up * (0.5 * width + away)])
            toward = np.array([0.0, -up])
        speed = rng.choice([0.0, 1.0], p=(0.3, 0.7)) * rng.uniform(0.2, 1.0) * self.speed
        return center, speed * (toward + rng.uniform(-_ASIDE, _ASIDE, 2))
