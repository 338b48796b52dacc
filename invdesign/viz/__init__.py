"""Figures; the only home of matplotlib."""

from ._animation import animation as animation
from ._comparison import band_over_seeds as band_over_seeds, comparison_figure as comparison_figure
from ._efforts import efforts_figure as efforts_figure
from ._foil_agreement import agreement_figure as agreement_figure, errors_figure as errors_figure
from ._foil_figures import (
    FoilPair as FoilPair,
    flow_figure as flow_figure,
    walls_figure as walls_figure,
)
from ._foil_panels import (
    draw_field as draw_field,
    draw_pressure as draw_pressure,
    draw_section as draw_section,
    draw_shear as draw_shear,
    friction_coefficient as friction_coefficient,
    pressure_coefficient as pressure_coefficient,
)
from ._foil_run_figure import render_foil_run as render_foil_run
from ._gradcheck import gradcheck_figure as gradcheck_figure
from ._refinement import refinement_figure as refinement_figure
from ._render import render_run as render_run, run_animation as run_animation
from ._rollout_figure import rollout_figure as rollout_figure
from ._run_figure import (
    run_figure as run_figure,
    run_subtitle as run_subtitle,
    run_title as run_title,
)
from ._scene import (
    Scenery as Scenery,
    draw_capsules as draw_capsules,
    draw_scene as draw_scene,
    draw_water as draw_water,
    inside as inside,
    scenery_of as scenery_of,
)
from ._style import new_figure as new_figure, save_figure as save_figure
