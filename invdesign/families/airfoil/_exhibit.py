"""What a report shows of the run of an airfoil task."""

import numpy as np

from ...scenes import SectionFlow
from ...viz.exhibit import Cells, Exhibit, Line, Outline, Panel, Plot, Replay, Shapes
from ._flows_file import StoredFlows
from ._panels import friction_coefficient, pressure_coefficient

_WINDOW = np.asarray([[-0.35, -0.5], [1.45, 0.5]])  # in chords
_SECTION = np.asarray([[-0.02, -0.12], [1.02, 0.16]])
_SHARE = (0.002, 0.998)  # of the cells whose pressures span the colors


def foil_exhibit(stored: StoredFlows, names: tuple[str, str, str]) -> Exhibit:
    """The section as the search went on, the flow around it, its walls and its polars."""
    flows = zip(names, (stored.initial, stored.simulated, stored.reference), strict=True)
    known = {name: flow for name, flow in flows if flow is not None and _solved(flow)}
    replays = [_search(stored), *([_fields(known)] if known else [])]
    return Exhibit(replays, [*_walls(known), *_polars(stored, names)])


def _solved(flow: SectionFlow) -> bool:
    return bool(np.isfinite(np.asarray(flow.pressure)).all())


def _search(stored: StoredFlows) -> Replay:
    shapes = np.asarray(stored.shapes)
    layers = [Outline(shapes, "water"), Shapes([shapes[0]], "muted", filled=False)]
    panel = Panel("Section, to scale", layers, *_SECTION)
    caption = "The champion after each iteration, over the section that the search started from."
    return Replay("The section as the search went on", [panel], clock="iteration", caption=caption)


def _coefficient(flow: SectionFlow) -> np.ndarray:
    return np.asarray(flow.pressure) / (0.5 * float(np.sum(np.asarray(flow.stream) ** 2)))


def _fields(known: dict[str, SectionFlow]) -> Replay:
    """Pressure around the sections, all in the same colors."""
    values = [_coefficient(flow) for flow in known.values()]
    low, high = np.quantile(np.concatenate([v.ravel() for v in values]), _SHARE).tolist()
    panels = [
        Panel(
            name,
            [
                Cells(np.asarray(flow.nodes), _coefficient(flow)[None], (low, high), "pressure"),
                Shapes([np.asarray(flow.nodes[0])], "paper"),
            ],
            *_WINDOW,
        )
        for name, flow in known.items()
    ]
    return Replay("Pressure coefficient", panels, caption="At the first point of flight.")


def _line(name: str, curve: tuple[np.ndarray, np.ndarray]) -> Line:
    return Line(name, *curve, wide=name == "After (reference)")


def _walls(known: dict[str, SectionFlow]) -> list[Plot]:
    pressure = [_line(name, pressure_coefficient(flow)) for name, flow in known.items()]
    friction = [_line(name, friction_coefficient(flow)) for name, flow in known.items()]
    along = "position along the chord"
    return [
        Plot("Pressure on the surface", along, "pressure coefficient", pressure, flipped=True),
        Plot("Friction on the surface", along, "friction coefficient", friction),
    ] * bool(known)


def _polars(stored: StoredFlows, names: tuple[str, str, str]) -> list[Plot]:
    polars = stored.initial_polar, stored.simulated_polar, stored.reference_polar
    rows = zip(names, polars, strict=True)
    known = {name: np.asarray(polar) for name, polar in rows if polar is not None}
    known = {name: polar for name, polar in known.items() if np.isfinite(polar[:, 1:]).any()}
    lines = [_line(name, (polar[:, 2], polar[:, 1])) for name, polar in known.items()]
    return [Plot("Polar, −2° to 8°", "drag coefficient", "lift coefficient", lines)]
