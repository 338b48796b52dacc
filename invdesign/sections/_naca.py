"""The NACA four-digit sections."""

import numpy as np


def naca4(designation: str, *, num: int = 200) -> np.ndarray:
    r"""Outline of a section such as "2412", from its formula.

    $$y_t = 5 t\,(0.2969\sqrt{x} - 0.1260x - 0.3516x^2 + 0.2843x^3 - 0.1015x^4)$$

    is laid off at right angles to the camber line. The trailing edge is blunt, as published: 0.21
    times the thickness.

    Source: Jacobs, Ward and Pinkerton (1933), NACA report 460.

    **Arguments:** `num`: edges along each side.

    **Returns:** counterclockwise from the upper trailing edge, `(2 num + 1, 2)`, in chords.

    **Raises:** `ValueError` if the designation is not four digits with a thickness, or has camber
    without a position of it.
    """
    if len(designation) != 4 or not designation.isdecimal() or designation[2:] == "00":
        raise ValueError(
            f'A NACA section is four digits with a thickness, such as "2412", got "{designation}".'
        )
    camber, position = int(designation[0]) / 100, int(designation[1]) / 10
    if camber and not position:
        raise ValueError(f'NACA "{designation}" has camber but no position of it.')
    return naca_outline(camber, position, int(designation[2:]) / 100, num=num)


def naca_outline(camber: float, position: float, thickness: float, *, num: int = 200) -> np.ndarray:
    """As `naca4`, of numbers in chords that need not be whole hundredths."""
    x = 0.5 * (1 - np.cos(np.linspace(0, np.pi, num + 1)))
    coefficients = (0.2969 * np.sqrt(x), -0.1260 * x, -0.3516 * x**2, 0.2843 * x**3, -0.1015 * x**4)
    half = 5 * thickness * sum(coefficients)
    line, slope = np.zeros_like(x), np.zeros_like(x)
    if camber:
        fore = x < position
        share = np.where(fore, position, 1 - position) ** 2
        line = camber / share * (np.where(fore, 0.0, 1 - 2 * position) + 2 * position * x - x**2)
        slope = 2 * camber / share * (position - x)
    angle = np.arctan(slope)
    over = np.stack([x - half * np.sin(angle), line + half * np.cos(angle)], axis=1)
    under = np.stack([x + half * np.sin(angle), line - half * np.cos(angle)], axis=1)
    return np.concatenate([over[::-1], under[1:]])
