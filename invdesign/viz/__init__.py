"""Figures; the only home of matplotlib."""

from ._animation import animation as animation
from ._comparison import band_over_seeds as band_over_seeds, comparison_figure as comparison_figure
from ._efforts import efforts_figure as efforts_figure
from ._gradcheck import gradcheck_figure as gradcheck_figure
from ._refinement import refinement_figure as refinement_figure
from ._rollout_figure import rollout_figure as rollout_figure
from ._run_figure import (
    run_figure as run_figure,
    run_subtitle as run_subtitle,
    run_title as run_title,
)
from ._scan import scan_figure as scan_figure
from ._scene import (
    Scenery as Scenery,
    draw_capsules as draw_capsules,
    draw_scene as draw_scene,
    draw_water as draw_water,
    inside as inside,
    scenery_of as scenery_of,
)
from ._style import new_figure as new_figure, save_figure as save_figure
