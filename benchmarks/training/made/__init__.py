"""Generated Arabic documents and questions, of kinds that encyclopaedias lack.

Tables, forms, articles, lists, leaflets, minutes and the like are generated from word lists and
templates (`data/*.tsv`); articles of laws and sentences of an encyclopaedia are real. The span of
each answer is known, and near misses are made by removing, renaming or emptying what is asked for.
"""

from benchmarks.training.made.mix import SHARES, made_rows
from benchmarks.training.made.row import Made

__all__ = ["SHARES", "Made", "made_rows"]
