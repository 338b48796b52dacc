"""Data sets, training, and how trained simulators are judged."""

from ._config import (
    DataConfig as DataConfig,
    ElasticDataConfig as ElasticDataConfig,
    ElasticModelConfig as ElasticModelConfig,
    FoilDataConfig as FoilDataConfig,
    FoilModelConfig as FoilModelConfig,
    ModelConfig as ModelConfig,
    TrainingConfig as TrainingConfig,
    load_config as load_config,
)
from ._data import (
    generate_water as generate_water,
    join_water as join_water,
    load_water as load_water,
    water_scene as water_scene,
)
from ._elastic_course import (
    in_flight as in_flight,
    played as played,
    position_errors as position_errors,
)
from ._elastic_data import (
    generate_elastic as generate_elastic,
    load_elastic as load_elastic,
)
from ._elastic_scenes import RandomStrips as RandomStrips, elastic_scene as elastic_scene
from ._evaluate import SceneRecord as SceneRecord, evaluate_simulator as evaluate_simulator
from ._evaluate_foils import (
    FoilRecord as FoilRecord,
    coefficient_errors as coefficient_errors,
    evaluate_foils as evaluate_foils,
)
from ._fine_tune import WaterLearner as WaterLearner
from ._fine_tune_foils import FoilLearner as FoilLearner
from ._foil_course import relative_errors as relative_errors
from ._foil_data import (
    NacaFoils as NacaFoils,
    RandomFoils as RandomFoils,
    generate_foils as generate_foils,
    load_foils as load_foils,
)
from ._foil_speed import foil_speeds as foil_speeds
from ._heldout import overlap as overlap, simulate as simulate
from ._judged_scenes import held_out_scenes as held_out_scenes
from ._lessons import AbstractLearner as AbstractLearner, Lesson as Lesson
from ._model import build_simulator as build_simulator
from ._scenes import RandomWater as RandomWater, random_water as random_water
from ._shards import (
    data_notes as data_notes,
    has_metadata as has_metadata,
    is_complete as is_complete,
    read_metadata as read_metadata,
)
from ._train import TrainingRun as TrainingRun
