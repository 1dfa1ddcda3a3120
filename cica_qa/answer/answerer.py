"""The extractive answerer: the best-supported span, or an honest no."""

from __future__ import annotations

from collections.abc import Sequence

from cica_qa.answer.abstain import NO_PASSAGE, NOT_SAID, WEAK_SUPPORT, confidence
from cica_qa.answer.cite import cite
from cica_qa.answer.extract import candidates
from cica_qa.arabic.normalize import Normalizer
from cica_qa.types import Answer, Hit, Turn


class ExtractiveAnswerer:
    """Answers with a sentence, a list item or a whole list of the hits, word for word."""

    def __init__(self, threshold: float = 0.5) -> None:
        """``threshold``, between 0 and 1, is the confidence below which it abstains."""
        self._threshold = threshold
        self._normalizer = Normalizer()

    def answer(self, question: str, hits: Sequence[Hit], history: Sequence[Turn] = ()) -> Answer:
        """Return the best-supported span with its citation, or an abstention."""
        ranked = candidates(question, hits, self._normalizer)
        sure = confidence(question, ranked)
        if not ranked or sure < self._threshold:
            return Answer(
                question,
                NOT_SAID,
                hits=tuple(hits),
                abstained=True,
                confidence=sure,
                reason=WEAK_SUPPORT if ranked else NO_PASSAGE,
            )
        best = ranked[0]
        citation = cite(1, best.hit.passage, best.span)
        return Answer(question, citation.quote, (citation,), tuple(hits), confidence=sure)
