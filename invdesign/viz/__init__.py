"""Figures; the only home of matplotlib."""

from ._animation import animation as animation
from ._rollout_figure import rollout_figure as rollout_figure
from ._run_figure import run_figure as run_figure
from ._scene import Scenery as Scenery, draw_scene as draw_scene
from ._style import new_figure as new_figure, save_figure as save_figure
