"""The extractive answerer: returns the best-supported span or abstains."""

from __future__ import annotations

from collections.abc import Sequence

from cica_qa.answer.candidates import Candidate
from cica_qa.answer.cite import cite
from cica_qa.answer.count import item_count
from cica_qa.answer.coverage import COVERED, CoverageCalculator
from cica_qa.answer.evidence import (
    CandidateEvidence,
    DocumentGetter,
    QuestionContext,
    gather_evidence,
)
from cica_qa.answer.focus import focus_spans
from cica_qa.answer.numbered import answer_by_number
from cica_qa.answer.reasons import UNANSWERED, abstention_reason
from cica_qa.answer.select import AnswerWeights
from cica_qa.answer.verdict import UNREAD, decide_verdict, states_verdict, verdict_features
from cica_qa.arabic.dialect import to_msa
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.questions import SubQuestion, parse_question
from cica_qa.models.reader.reader import SpanReader
from cica_qa.types import Answer, Citation, Hit

DIFFER = "تختلف الوثائق في ذلك:"
_WORDS_TO_DIFFER = 2
"""Documents only conflict if the question has this many words: birth and death are two dates."""
_NEAREST = 5
"""How many passages are searched for a word before it is reported as missing."""
_DIFFERING = ("date", "number")


class ExtractiveAnswerer:
    """Answers with a verbatim sentence, list item or list from the hits."""

    def __init__(self, threshold: float = 0.2, reader: SpanReader | None = None) -> None:
        """``threshold``, between 0 and 1, is the confidence below which it abstains.

        ``reader`` reads the candidates; without one, only retrieval and word features count.
        """
        self._threshold = threshold
        self._reader = reader
        self._weights = AnswerWeights.fitted(reader is not None)
        self._normalizer = Normalizer()

    def answer(
        self, question: str, hits: Sequence[Hit], documents: DocumentGetter | None = None
    ) -> Answer:
        """Return the best-supported span with its citation, or an abstention.

        ``documents`` returns the document with an id; without it, candidates are read without
        their titles and headings.
        """
        asked = parse_question(self.searched(question, hits))[0]
        return self.answer_part(question, QuestionContext(asked, hits, documents))

    def searched(self, question: str, hits: Sequence[Hit]) -> str:
        """Return a question as it was searched: normalised, in MSA and corrected."""
        found = hits[0].match.searched if hits else ""
        return found or to_msa(self._normalizer(question))

    def answer_part(self, question: str, context: QuestionContext) -> Answer:
        """Return the answer to one thing that a question asks for.

        ``question`` is the whole question, for ``Answer.question``.
        """
        asked, hits = context.asked, context.hits
        if by_number := answer_by_number(question, asked.text, hits):
            return by_number
        ranked = self.rank(context)
        sure = self._weights.confidence(ranked, asked.kind)
        if not ranked or sure < self._threshold:
            why = abstention_reason(self._missing(context, ranked), bool(ranked))
            return Answer(
                question, UNANSWERED, (), tuple(hits), abstained=True, confidence=sure, reason=why
            )
        best = ranked[0]
        first = _cite(1, asked, best)
        citations: tuple[Citation, ...] = (first,)
        lead = self._verdict(asked, best, sure) or item_count(asked, best)
        if not lead and (other := self._conflicting(context, ranked, first)):
            citations, lead = (first, other), DIFFER
        text = compose(lead, citations)
        return Answer(question, text, citations, tuple(hits), confidence=sure, lead=lead)

    def rank(self, context: QuestionContext) -> list[CandidateEvidence]:
        """Return the most promising candidates, best first."""
        if not context.hits:
            return []
        promise = self._weights.promising
        return self._weights.ordered(
            gather_evidence(context, self._normalizer, promise, self._reader)
        )

    def _verdict(self, asked: SubQuestion, best: CandidateEvidence, sure: float) -> str:
        if asked.kind != "yesno":
            return ""
        says = best.alone.reading.verdict if best.alone else UNREAD
        text = self._normalizer(best.candidate.text)
        if states_verdict(text):
            return ""
        features = verdict_features(asked.text, text, says, sure, best.coverage.minimum)
        return decide_verdict(self._weights.verdict, self._weights.least_verdict, features)

    def _missing(self, context: QuestionContext, ranked: Sequence[CandidateEvidence]) -> list[str]:
        """Return the words of the question that the nearest passages do not mention."""
        if not ranked:
            return []
        calculator = CoverageCalculator(context.words, self._normalizer, context.hits)
        return calculator.missing(ranked[0].coverage, context.hits[:_NEAREST])

    def _conflicting(
        self, context: QuestionContext, ranked: Sequence[CandidateEvidence], first: Citation
    ) -> Citation | None:
        """Return a citation of another document that gives a different value, if there is one."""
        asked = context.asked
        if asked.kind not in _DIFFERING or len(context.words) < _WORDS_TO_DIFFER:
            return None
        values = self._values(first)
        for one in ranked[1:]:
            covered = bool((one.coverage.context >= COVERED).all())
            answers = one.features.get("answers", 0.0) >= 0
            if one.candidate.hit.passage.doc_id == first.doc_id or not (covered and answers):
                continue
            other = _cite(2, asked, one)
            others = self._values(other)
            if others and not (values <= others or others <= values):
                return other
        return None

    def _values(self, citation: Citation) -> set[float]:
        """Return the numbers in the focus: a year does not conflict with one of its days."""
        start = citation.start
        focus = " ".join(citation.quote[a - start : b - start] for a, b in citation.focus)
        return {number.value for number in numbers(self._normalizer(focus))}


def _cite(number: int, asked: SubQuestion, best: CandidateEvidence) -> Citation:
    one: Candidate = best.candidate
    return cite(number, one.hit.passage, one.span, focus_spans(asked, best))


def compose(lead: str, citations: Sequence[Citation], note: str = "") -> str:
    """Return the text of an answer: the lead, the quotes and the note, each on its own line."""
    quotes = [citation.quote for citation in citations]
    if lead and not lead.endswith(":"):
        lead = f"{lead}."
    return "\n".join(filter(None, [lead, *quotes, note]))
