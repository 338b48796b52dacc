"""Elastic strips."""

from ._data import generate_elastic as generate_elastic, load_elastic as load_elastic
from ._evaluate import evaluate_strips as evaluate_strips
from ._judge import ElasticJudge as ElasticJudge
from ._scene import (
    BuildStrip as BuildStrip,
    StripStart as StripStart,
    driven_strip as driven_strip,
    jittered_strips as jittered_strips,
)
from ._strips import RandomStrips as RandomStrips
from ._training import ElasticDataConfig as ElasticDataConfig
from .family import ELASTIC as ELASTIC
