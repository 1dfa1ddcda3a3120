"""Arabic documents and questions made by script, of kinds that encyclopaedias lack.

Tables, forms, articles, lists, leaflets, minutes and the like are made of word lists and templates
(`data/*.tsv`); articles of laws and sentences of an encyclopaedia are real. Each answer's place is
known, and near misses are made by leaving out, renaming or emptying what is asked for.
"""

from benchmarks.training.made.mix import SHARES, made_rows
from benchmarks.training.made.row import Made

__all__ = ["SHARES", "Made", "made_rows"]
