"""What a report shows of the run of a task on fields."""

import numpy as np

from ...viz.exhibit import Curve, Exhibit, Panel, Replay, SpaceTime
from ._fields_file import StoredFields

_COLORS = ("blue", "orange", "green")
_MARGIN = 1.1


def fields_exhibit(stored: StoredFields, names: tuple[str, str, str]) -> Exhibit:
    """Fields over place and time, and their profiles at the moment that is shown."""
    found = zip(names, (stored.initial, stored.simulated, stored.reference), strict=True)
    fields = {title: np.asarray(field) for title, field in found if field is not None}
    known = [field[np.isfinite(field)] for field in fields.values()]
    limit = max(float(np.abs(np.concatenate(known)).max(initial=0.0)), 1e-6)
    panels = [_painted(title, field, stored, limit) for title, field in fields.items()]
    panels.append(_profiles(fields, stored, limit))
    caption = "One unseen condition. The line is the moment whose profiles are drawn."
    return Exhibit([Replay("Before and after", panels, stored.dt, "time units", caption)])


def _painted(title: str, field: np.ndarray, stored: StoredFields, limit: float) -> Panel:
    upper = np.asarray([stored.length, (len(field) - 1) * stored.dt])
    layer = SpaceTime(field, limit, "field")
    return Panel(title, [layer], np.zeros(2), upper, ratio=1.0, axes=("place", "time"))


def _profiles(fields: dict[str, np.ndarray], stored: StoredFields, limit: float) -> Panel:
    place = stored.length * np.arange(stored.initial.shape[1]) / stored.initial.shape[1]
    curves = [
        Curve(title, place, field, color, wide=color == _COLORS[-1])
        for (title, field), color in zip(fields.items(), _COLORS, strict=False)
    ][::-1]  # the solver's behind, wide and pale
    if stored.target is not None:
        target = np.asarray(stored.target)[None]
        curves.insert(0, Curve("target at the end", place, target, "muted", wide=True))
    lower, upper = np.asarray([[0.0, -_MARGIN * limit], [stored.length, _MARGIN * limit]])
    return Panel("Profiles", curves, lower, upper, ratio=1.0, axes=("place", "field"))
