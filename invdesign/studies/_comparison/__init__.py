"""Comparisons of what a sweep left, from its files."""

from ._compare_study import Comparison as Comparison, compare as compare
from ._judges import judge_champions as judge_champions
from ._write import payload as payload, write_comparison as write_comparison
