"""The number of items of a list, if «كم» asks for it and no text states it."""

from __future__ import annotations

from cica_qa.answer.evidence import CandidateEvidence, is_counted
from cica_qa.arabic.questions import SubQuestion
from cica_qa.documents.units import LISTED

ITEM_COUNT = "العدد: {}"


def item_count(asked: SubQuestion, best: CandidateEvidence) -> str:
    """Return the lead with the number of items of a list, or an empty string.

    It is empty if the question does not ask for that number, or if the list continues after its
    passage, so that its items are not all known.
    """
    one = best.candidate
    if not is_counted(asked, one) or best.is_cut_off:
        return ""
    units = one.hit.passage.units[one.first : one.last + 1]
    return ITEM_COUNT.format(sum(unit.kind in LISTED for unit in units))
