"""Random sections, angles of attack and Reynolds numbers: what data sets are drawn from."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np

from ..._extras import import_late
from ...scenes import SectionScene
from ...sections import SectionLayout, naca4
from ...sections._measures import thickness_at
from ...sections._naca import naca_outline
from ...spaces import CST, FFD

SPEED = 10.0  # chords a second, see `SectionScene`
_STATIONS = np.linspace(0.05, 0.95, 10)  # along the chord, where a sum of shapes ...
_LEAST = 0.008  # ... has to be so thick in chords
FoilCases = tuple[np.ndarray, list[SectionScene]]  # parameters, (case, parameter), and scenes


@dataclasses.dataclass(frozen=True)
class RandomFoils:
    """Sections bent by a lattice, and angles of attack: a scrambled Sobol sequence, uniform.

    Parameters of a case are those of `FFD` with one angle.

    **Arguments:**

    - `baseline`: NACA designation of the section that is bent.
    - `max_camber`, `max_opening`: of the lattice's columns in chords, as `FFD` has them.
    - `angles`: lowest and highest angle of attack in degrees.
    """

    baseline: str = "0012"
    max_camber: float = 0.05
    max_opening: float = 0.03
    angles: tuple[float, float] = (-2.0, 8.0)

    def space(self) -> FFD:
        """The design space that cases are drawn from."""
        layout = SectionLayout()
        low, high = (math.radians(angle) for angle in self.angles)
        return FFD(  # pyright: ignore[reportCallIssue] (`size` is a property)
            baseline=layout.fit(naca4(self.baseline)),
            layout=layout,
            max_camber=self.max_camber,
            max_opening=self.max_opening,
            angles=(low, high),
            initial_angles=(0.5 * (low + high),),
        )

    def cases(self, first: int, last: int, seed: int) -> FoilCases:
        """The cases `first` to `last - 1` of a seed."""
        space = self.space()
        low, high = (np.asarray(bound, float) for bound in space.bounds())
        qmc = import_late("scipy.stats.qmc")
        # `seed` and not `rng`, which scrambles otherwise: a seed keeps meaning the same cases.
        sequence = qmc.Sobol(space.size, seed=seed)
        unit = sequence.random_base2(max(last - 1, 1).bit_length())[first:last]
        parameters = qmc.scale(unit, low, high)
        rows = jnp.asarray(parameters, jnp.float32)
        return parameters, [SectionScene(space.bend(row[:-1]), row[-1]) for row in rows]


@dataclasses.dataclass(frozen=True)
class NacaFoils:
    """NACA four-digit sections, which no lattice around a symmetric section makes.

    Parameters of a case: the first digit (camber), the second (its position), the last two
    (thickness), each as a number, and the angle in radians.

    **Arguments:**

    - `camber`, `position`, `thickness`: lowest and highest digits, both included.
    - `angles`: lowest and highest angle of attack in degrees.
    """

    camber: tuple[int, int] = (0, 6)
    position: tuple[int, int] = (2, 6)
    thickness: tuple[int, int] = (8, 18)
    angles: tuple[float, float] = (-2.0, 8.0)

    def cases(self, first: int, last: int, seed: int) -> FoilCases:
        """The cases `first` to `last - 1` of a seed."""
        layout, rows, scenes = SectionLayout(), [], []
        for index in range(first, last):
            rng = np.random.default_rng([seed, index])
            digits = [
                int(rng.integers(low, high + 1))
                for low, high in (self.camber, self.position, self.thickness)
            ]
            name = "{}{}{:02d}".format(*digits)
            angle = math.radians(rng.uniform(*self.angles))
            rows.append([*digits, angle])
            scenes.append(SectionScene(layout.fit(naca4(name)), angle))
        return np.asarray(rows), scenes


@dataclasses.dataclass(frozen=True)
class MixedFoils:
    """Sections of three families at many Reynolds numbers, one family after the other.

    Sections bent by the lattice of `RandomFoils`; NACA's four digits as numbers that need not be
    whole; and sums of class and shape functions around such a section. Parameters of a case: the
    number of its family (0, 1, 2), the Reynolds number, and the angle in radians.

    **Arguments:**

    - `reynolds`: lowest and highest, drawn evenly in the logarithm.
    - `angles`: lowest and highest angle of attack in degrees.
    - `camber`, `position`, `thickness`: NACA's digits, lowest and highest.
    - `max_change`: of the five weights a side.
    """

    reynolds: tuple[float, float] = (3e5, 3e6)
    angles: tuple[float, float] = (-2.0, 8.0)
    camber: tuple[float, float] = (0.0, 6.0)
    position: tuple[float, float] = (2.0, 6.0)
    thickness: tuple[float, float] = (7.0, 20.0)
    max_change: float = 0.06

    def cases(self, first: int, last: int, seed: int) -> FoilCases:
        """The cases `first` to `last - 1` of a seed."""
        drawn = [
            self._case(index, np.random.default_rng([seed, index])) for index in range(first, last)
        ]
        rows, scenes = zip(*drawn, strict=True)
        return np.asarray(rows), list(scenes)

    def _case(self, index: int, rng: np.random.Generator) -> tuple[list[float], SectionScene]:
        reynolds = math.exp(rng.uniform(*np.log(self.reynolds)))
        angle = math.radians(rng.uniform(*self.angles))
        family = index % 3
        surface = (self._bent, self._naca, self._summed)[family](rng)
        scene = SectionScene(surface, angle, viscosity=SPEED / reynolds)
        return [float(family), reynolds, angle], scene

    def _bent(self, rng: np.random.Generator) -> jax.Array:
        space = RandomFoils().space()
        low, high = (np.asarray(bound, float)[:-1] for bound in space.bounds())
        return space.bend(jnp.asarray(rng.uniform(low, high), jnp.float32))

    def _naca(self, rng: np.random.Generator) -> jax.Array:
        camber, position, thickness = (
            rng.uniform(*limits) for limits in (self.camber, self.position, self.thickness)
        )
        points = naca_outline(0.01 * camber, 0.1 * position, 0.01 * thickness)
        return SectionLayout().fit(points)

    def _summed(self, rng: np.random.Generator) -> jax.Array:
        layout = SectionLayout()
        space = CST(  # pyright: ignore[reportCallIssue] (`size` is a property)
            baseline=self._naca(rng), layout=layout, max_change=self.max_change
        )
        weights = space.fit(space.baseline)
        while True:  # seldom more than once
            change = rng.uniform(-self.max_change, self.max_change, weights.shape)
            surface = space.section(weights + jnp.asarray(change, jnp.float32))
            room = np.asarray(thickness_at(surface, layout, _STATIONS))
            if (room > _LEAST).all():
                return surface


Drawn = RandomFoils | NacaFoils | MixedFoils
