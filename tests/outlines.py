"""Sections by formula, and the files that people keep them in."""

import dataclasses

import numpy as np
from scipy.stats import binom

# Position, and slope of the camber at the nose over the design lift, of NACA's five digits.
CAMBER_LINES = {
    "210": (0.0580, 361.4),
    "220": (0.1260, 51.64),
    "230": (0.2025, 15.957),
    "240": (0.2900, 6.643),
    "250": (0.3910, 3.230),
}


@dataclasses.dataclass(frozen=True)
class Made:
    """A section by formula: its two sides, nose first, `(point, 2)` each, and what it is."""

    upper: np.ndarray
    lower: np.ndarray
    name: str

    @property
    def outline(self):
        """In Selig's order."""
        return np.concatenate([self.upper[::-1], self.lower[1:]])

    @property
    def sharp(self):
        return bool((self.upper[-1] == self.lower[-1]).all())


def cosine(num):
    """`num` stations from 0 to 1, dense at both ends."""
    return 0.5 * (1 - np.cos(np.linspace(0, np.pi, num)))


def half_thickness(x, thickness, *, sharp):
    last = -0.1036 if sharp else -0.1015
    terms = 0.2969 * np.sqrt(x) - 0.1260 * x - 0.3516 * x**2 + 0.2843 * x**3 + last * x**4
    return np.where((x == 1) & sharp, 0.0, 5 * thickness * terms)


def around(x, line, slope, half, name):
    """Half the thickness laid off at right angles to a camber line."""
    angle = np.arctan(slope)
    off = half[:, None] * np.stack([-np.sin(angle), np.cos(angle)], axis=1)
    middle = np.stack([x, line], axis=1)
    return Made(middle + off, middle - off, name)


def four_digits(name, num, *, sharp=False):
    m, p, t = int(name[0]) / 100, int(name[1]) / 10, int(name[2:]) / 100
    x = cosine(num)
    if not m:
        return around(x, 0 * x, 0 * x, half_thickness(x, t, sharp=sharp), name)
    share = np.where(x < p, p**2, (1 - p) ** 2)
    line = m / share * (np.where(x < p, 0, 1 - 2 * p) + 2 * p * x - x**2)
    return around(x, line, 2 * m / share * (p - x), half_thickness(x, t, sharp=sharp), name)


def five_digits(name, num, *, sharp=False):
    r, k = CAMBER_LINES[name[:3]]
    x = cosine(num)
    fore = x**3 - 3 * r * x**2 + r**2 * (3 - r) * x
    line = k / 6 * np.where(x < r, fore, r**3 * (1 - x))
    slope = k / 6 * np.where(x < r, 3 * x**2 - 6 * r * x + r**2 * (3 - r), -(r**3))
    return around(x, line, slope, half_thickness(x, int(name[3:]) / 100, sharp=sharp), name)


def class_shape(upper, lower, num, *, base=0.002):
    """Weights of class and shape functions; the base is open by `base` chords."""
    x, half = cosine(num), 0.5 * base

    def side(weights, end):
        basis = binom.pmf(np.arange(len(weights)), len(weights) - 1, x[:, None])
        shape = basis @ np.asarray(weights)
        return np.stack([x, np.sqrt(x) * (1 - x) * shape + x * end], axis=1)

    return Made(side(upper, half), side(lower, -half), "CST")


def nose_radius(make, num=8001):
    """Radius of curvature at the point farthest from the trailing edge, of a finely made section.

    `make` takes the number of points a side. Cambered sections of NACA lay their thickness off at
    right angles to a sloped line, so it is not quite that of the thickness.
    """
    outline = make(num).outline
    tail = 0.5 * (outline[0] + outline[-1])
    nose = int(np.argmax(np.linalg.norm(outline - tail, axis=1)))
    along = (tail - outline[nose]) / np.linalg.norm(tail - outline[nose])
    x, y = np.stack([along, [-along[1], along[0]]]) @ (outline - outline[nose]).T
    root = np.sqrt(np.maximum(x, 0)) * np.where(np.arange(len(x)) < nose, -1, 1)
    near = (np.abs(root) > 4e-4) & (np.abs(root) < 2e-2)
    terms = np.stack([root, np.minimum(root, 0) ** 2, np.maximum(root, 0) ** 2, root**3], axis=1)
    return 0.5 * np.linalg.lstsq(terms[near], y[near])[0][0] ** 2


def random_section(rng, num=None):
    """Any of these formulas, sharp or blunt, of 10 to 4,000 points a side."""
    num = int(num or np.round(np.exp(rng.uniform(np.log(10), np.log(4000)))))
    kind, sharp = rng.integers(3), bool(rng.integers(2))
    if kind == 0:
        name = f"{rng.integers(7)}{rng.integers(2, 7)}{rng.integers(6, 22):02d}"
        return four_digits(name, num, sharp=sharp)
    if kind == 1:
        name = f"{rng.choice(list(CAMBER_LINES))}{rng.integers(8, 22):02d}"
        return five_digits(name, num, sharp=sharp)
    weights = int(rng.integers(3, 7))
    upper, lower = rng.uniform(0.1, 0.3, weights), -rng.uniform(0.05, 0.2, weights)
    lower[-1] += 0.1 * rng.integers(2)
    return class_shape(upper, lower, num, base=0.0 if sharp else rng.uniform(5e-4, 6e-3))


# Orders of the points. Each takes a section and gives blocks of points; several are two sides.
ORDERS = {
    "selig": lambda s: [s.outline],
    "reversed": lambda s: [s.outline[::-1]],
    "closed": lambda s: [np.concatenate([s.outline, s.outline[:1]])],
    "doubled nose": lambda s: [np.concatenate([s.upper[::-1], s.lower])],
    "nose over the top": lambda s: [np.concatenate([s.upper, s.lower[::-1]])],
    "nose below": lambda s: [np.concatenate([s.lower, s.upper[::-1]])],
    "nose once": lambda s: [np.concatenate([s.lower, s.upper[:0:-1]])],
    "points in the base": lambda s: [
        np.concatenate([s.outline, np.linspace(s.lower[-1], s.upper[-1], 5)[1:-1]])
    ],
    "lednicer": lambda s: [s.upper, s.lower],
    "lednicer, lower first": lambda s: [s.lower, s.upper],
    "sides to the nose": lambda s: [s.upper[::-1], s.lower[::-1]],
}


@dataclasses.dataclass(frozen=True)
class Form:
    """How a file is written: all that has nothing to do with the section."""

    title: str = "A section"
    encoding: str = "utf-8"
    comments: bool = False
    blank_first: bool = False
    second_header: bool = False
    notes_after: bool = False
    counts: bool = True
    separator: str = "  "
    newline: str = "\n"
    scale: float = 1.0
    digits: int = 7


def random_form(rng):
    def maybe():
        return bool(rng.integers(2))

    return Form(
        title=str(rng.choice(["A section", "Flügel 7", "44 15", ""])),
        encoding=str(rng.choice(["utf-8", "utf-8-sig", "latin-1", "utf-16"])),
        comments=maybe(),
        blank_first=maybe(),
        second_header=maybe(),
        notes_after=maybe(),
        counts=maybe(),
        separator=str(rng.choice(["  ", "\t", ", ", ";"])),
        newline=str(rng.choice(["\n", "\r\n"])),
        scale=float(rng.choice([1.0, 100.0])),
        digits=int(rng.integers(6, 9)),
    )


def as_file(blocks, form):
    """The bytes of a file with these blocks of points."""
    lines = [""] * 2 * form.blank_first + ["# made by a script"] * form.comments
    lines += [form.title] if form.title else []
    lines += ["x y"] * form.second_header
    if len(blocks) == 2 and form.counts:
        lines.append(f"{len(blocks[0])}. {len(blocks[1])}.")
    for block in blocks:
        lines += [""] * (len(blocks) == 2)
        lines += [
            form.separator.join(f"{form.scale * value:.{form.digits}f}" for value in point)
            for point in block
        ]
        lines += ["# an end"] * form.comments
    if form.notes_after:
        lines += ["", "From a report of 1935, table 2", "Sent by someone@example.org"]
    return (form.newline.join(lines) + form.newline).encode(form.encoding)
