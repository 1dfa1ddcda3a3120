"""Which spans of a passage can be an answer."""

from __future__ import annotations

from cica_qa.answer.extract import Candidate, candidates
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.types import Document, Hit

LED = (
    "تقرير سنوي\n\nمهام اللجنة\n\n"
    "تتولى اللجنة عدة مهام، منها:\n\n• إعداد التقارير.\n• متابعة القرارات."
)


def found(text: str, question: str = "ما مهام اللجنة؟", cosine: float = 0.8) -> list[Candidate]:
    """The candidates of a document's last passage, all of whose sentences are as near."""
    passage = chunk(Document("d", "", text))[-1]
    scores = (cosine,) * len(passage.sentences)
    hit = Hit(passage, cosine, 1, {"dense": cosine, "sentences": scores})
    return candidates(question, [hit], Normalizer())


def quotes(text: str, question: str = "ما مهام اللجنة؟") -> list[str]:
    return [text[c.span.start : c.span.end] for c in found(text, question)]


def test_a_list_is_one_candidate_with_its_lead_which_is_none_alone() -> None:
    whole = LED.removeprefix("تقرير سنوي\n\nمهام اللجنة\n\n")

    assert quotes(LED)[0] == whole
    assert sorted(quotes(LED)) == sorted([whole, "إعداد التقارير.", "متابعة القرارات."])


def test_a_sentence_before_a_list_that_is_no_lead_can_answer_alone() -> None:
    text = LED.replace("، منها:", ".")

    assert "تتولى اللجنة عدة مهام." in quotes(text)


def test_headings_never_answer() -> None:
    assert "مهام اللجنة" not in quotes(LED)
    assert quotes("عنوان\n\nفقرة أولى هنا.\n\nخاتمة قصيرة") == []  # a heading and no more


def test_an_item_answers_without_its_bullet_or_number() -> None:
    text = "الخطوات كثيرة ومنها ما يلي:\n\n١- فتح الملف.\n٢- قراءة النص."

    assert {"فتح الملف.", "قراءة النص."} <= set(quotes(text))


def test_among_equally_near_sentences_the_one_with_the_words_of_the_question_wins() -> None:
    text = "الجو معتدل في الربيع. يقع المقر في مدينة ألماتي. الشتاء بارد هنا."

    best = found(text, "أين يقع المقر؟")[0]

    assert text[best.span.start : best.span.end] == "يقع المقر في مدينة ألماتي."
    assert best.coverage == 1.0


def test_no_hits_no_candidates() -> None:
    assert candidates("ما هو؟", [], Normalizer()) == []
