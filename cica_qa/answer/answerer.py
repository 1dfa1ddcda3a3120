"""The extractive answerer: the best-supported span, or an honest no."""

from __future__ import annotations

from collections.abc import Sequence

from cica_qa.answer.candidates import Candidate
from cica_qa.answer.cite import cite
from cica_qa.answer.count import item_count
from cica_qa.answer.coverage import COVERED, CoverageCalculator, WordWeights, word_weights
from cica_qa.answer.evidence import CandidateEvidence, DocumentGetter, gather_evidence
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
"""Documents differ about what all words of the question name: birth and death are two dates."""
_NEAREST = 5
"""How many passages are looked into for a word before it is called missing."""
_DIFFERING = ("date", "number")


class ExtractiveAnswerer:
    """Answers with a sentence, a list item or a whole list of the hits, word for word."""

    def __init__(self, threshold: float = 0.2, reader: SpanReader | None = None) -> None:
        """``threshold``, between 0 and 1, is the confidence below which it abstains.

        ``reader`` reads the candidates; without one, retrieval and words do alone.
        """
        self._threshold = threshold
        self._reader = reader
        self._weights = AnswerWeights.fitted(reader is not None)
        self._normalizer = Normalizer()

    def answer(
        self, question: str, hits: Sequence[Hit], documents: DocumentGetter | None = None
    ) -> Answer:
        """Return the best-supported span with its citation, or an abstention.

        ``documents`` returns the document of an id; without it, candidates are read without what
        stands above them.
        """
        asked = parse_question(self.searched(question, hits))[0]
        return self.find(question, asked, hits, documents)

    def searched(self, question: str, hits: Sequence[Hit]) -> str:
        """Return a question normalised, in MSA and corrected, as it was searched."""
        found = hits[0].match.searched if hits else ""
        return found or to_msa(self._normalizer(question))

    def find(
        self,
        question: str,
        asked: SubQuestion,
        hits: Sequence[Hit],
        documents: DocumentGetter | None = None,
        carried: str = "",
    ) -> Answer:
        """Return the answer to one thing that is asked.

        Words of the question that are in ``carried``, from earlier turns, weigh less.
        """
        if told := answer_by_number(question, asked.text, hits):
            return told
        words = word_weights(hits, carried)
        ordered = self.weigh(asked, hits, words, documents, carried)
        sure = self._weights.confidence(ordered, asked.kind)
        if not ordered or sure < self._threshold:
            why = abstention_reason(self._missing(words, ordered, hits), bool(ordered))
            return Answer(
                question, UNANSWERED, (), tuple(hits), abstained=True, confidence=sure, reason=why
            )
        best = ordered[0]
        said = _cite(1, asked, best)
        citations: tuple[Citation, ...] = (said,)
        lead = self._verdict(asked, best, sure) or item_count(asked, best)
        if not lead and (other := self._other(asked, ordered, said, words)):
            citations, lead = (said, other), DIFFER
        text = compose(lead, citations)
        return Answer(question, text, citations, tuple(hits), confidence=sure, lead=lead)

    def weigh(
        self,
        asked: SubQuestion,
        hits: Sequence[Hit],
        words: WordWeights,
        documents: DocumentGetter | None,
        carried: str = "",
    ) -> list[CandidateEvidence]:
        """Return the most promising candidates, best first."""
        if not hits:
            return []
        question = f"{carried} {asked.text}".strip()
        weights, reader, normalize = self._weights, self._reader, self._normalizer
        return weights.ordered(
            gather_evidence(
                asked,
                question,
                hits,
                words,
                normalize,
                weights.promising,
                reader,
                documents,
                carried,
            )
        )

    def _verdict(self, asked: SubQuestion, best: CandidateEvidence, sure: float) -> str:
        if asked.kind != "yesno":
            return ""
        says = best.alone.reading.verdict if best.alone else UNREAD
        text = self._normalizer(best.candidate.text)
        if states_verdict(text):
            return ""
        features = verdict_features(asked.text, text, says, sure, best.support.least)
        return decide_verdict(self._weights.verdict, self._weights.least_verdict, features)

    def _missing(
        self, words: WordWeights, ordered: Sequence[CandidateEvidence], hits: Sequence[Hit]
    ) -> list[str]:
        supports = CoverageCalculator(words, self._normalizer, hits)
        return supports.missing(ordered[0].support, hits[:_NEAREST]) if ordered else []

    def _other(
        self,
        asked: SubQuestion,
        ordered: Sequence[CandidateEvidence],
        said: Citation,
        words: WordWeights,
    ) -> Citation | None:
        """What another document says otherwise of the same thing, if one does."""
        if asked.kind not in _DIFFERING or len(words) < _WORDS_TO_DIFFER:
            return None
        values = self._values(said)
        for one in ordered[1:]:
            covered = bool((one.support.context >= COVERED).all())
            answers = one.features.get("answers", 0.0) >= 0
            if one.candidate.hit.passage.doc_id == said.doc_id or not (covered and answers):
                continue
            other = _cite(2, asked, one)
            others = self._values(other)
            if others and not (values <= others or others <= values):
                return other
        return None

    def _values(self, citation: Citation) -> set[float]:
        """The numbers that are marked: a year does not differ from a day of it."""
        start = citation.start
        marked = " ".join(citation.quote[a - start : b - start] for a, b in citation.focus)
        return {number.value for number in numbers(self._normalizer(marked))}


def _cite(number: int, asked: SubQuestion, best: CandidateEvidence) -> Citation:
    one: Candidate = best.candidate
    return cite(number, one.hit.passage, one.span, focus_spans(asked, best))


def compose(lead: str, citations: Sequence[Citation], note: str = "") -> str:
    """Return the text of an answer: what leads, the quotes, what is to be added."""
    quotes = [citation.quote for citation in citations]
    if lead and not lead.endswith(":"):
        lead = f"{lead}."
    return "\n".join(filter(None, [lead, *quotes, note]))
