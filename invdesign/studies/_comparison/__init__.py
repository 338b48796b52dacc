"""Comparisons of what a sweep left, from its files."""

from ._compare_study import Comparison as Comparison, compare_study as compare_study
from ._write import payload as payload, write_comparison as write_comparison
