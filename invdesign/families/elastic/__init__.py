"""Elastic strips."""

from ._data import generate_elastic as generate_elastic, load_elastic as load_elastic
from ._strips import RandomStrips as RandomStrips
from ._training import ElasticDataConfig as ElasticDataConfig
from .family import ELASTIC as ELASTIC
