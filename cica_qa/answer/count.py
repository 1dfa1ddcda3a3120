"""How many a list has, where «كم» asks and no text says the number."""

from __future__ import annotations

from cica_qa.answer.evidence import CandidateEvidence, is_counted
from cica_qa.arabic.questions import SubQuestion
from cica_qa.documents.units import LISTED

ITEM_COUNT = "العدد: {}"


def item_count(asked: SubQuestion, best: CandidateEvidence) -> str:
    """Return the number of a list's items, as it leads the answer; nothing where none is asked for.

    Nor of a list that goes on behind its passage, of which not all items are known.
    """
    one = best.candidate
    if not is_counted(asked, one) or best.goes_on:
        return ""
    units = one.hit.passage.units[one.first : one.last + 1]
    return ITEM_COUNT.format(sum(unit.kind in LISTED for unit in units))
