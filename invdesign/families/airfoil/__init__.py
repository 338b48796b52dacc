"""Steady flow around sections."""

from ._agreement import agreement_figure as agreement_figure, errors_figure as errors_figure
from ._baselines import (
    Perceptron as Perceptron,
    Polynomial as Polynomial,
    fit_baselines as fit_baselines,
)
from ._card import (
    JudgedFoils as JudgedFoils,
    foil_metrics as foil_metrics,
    write_foil_card as write_foil_card,
)
from ._data import (
    NacaFoils as NacaFoils,
    RandomFoils as RandomFoils,
    generate_foils as generate_foils,
    load_foils as load_foils,
)
from ._evaluate import (
    FoilRecord as FoilRecord,
    coefficient_errors as coefficient_errors,
    evaluate_foils as evaluate_foils,
)
from ._figures import FoilPair as FoilPair, flow_figure as flow_figure, walls_figure as walls_figure
from ._flows_file import (
    StoredFlows as StoredFlows,
    read_flows as read_flows,
    write_flows as write_flows,
)
from ._panels import (
    draw_field as draw_field,
    draw_pressure as draw_pressure,
    draw_section as draw_section,
    draw_shear as draw_shear,
    friction_coefficient as friction_coefficient,
    pressure_coefficient as pressure_coefficient,
)
from ._polar import POLAR_COLUMNS as POLAR_COLUMNS, Polar as Polar, polar as polar
from ._run_figure import render_foil_run as render_foil_run
from ._scene import (
    BuildFoil as BuildFoil,
    FlightPoint as FlightPoint,
    flight_points as flight_points,
)
from ._speed import foil_speeds as foil_speeds
from ._tables import FOIL_BARS as FOIL_BARS
from ._training import FoilDataConfig as FoilDataConfig, FoilLearner as FoilLearner
from .family import AIRFOIL as AIRFOIL
