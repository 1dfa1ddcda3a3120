"""Which spans of a passage can answer, and which of them does best."""

from __future__ import annotations

from cica_qa.answer.candidates import candidates
from cica_qa.answer.extract import Ranked, Ranking
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import understand
from cica_qa.documents.chunk import chunk
from cica_qa.types import Document, Hit

normalize = Normalizer()
LED = (
    "تقرير سنوي\n\nمهام اللجنة\n\n"
    "تتولى اللجنة عدة مهام، منها:\n\n• إعداد التقارير.\n• متابعة القرارات."
)


def hit(text: str, cosine: float = 0.8) -> Hit:
    """A document's last passage, all of whose sentences are as near."""
    passage = chunk(Document("d", "", text))[-1]
    parts = {"dense": cosine, "sentences": (cosine,) * len(passage.units)}
    return Hit(passage, cosine, 1, parts)


def quotes(text: str) -> list[str]:
    return [one.text for one in candidates([hit(text)])]


def best(text: str, question: str) -> Ranked:
    words = dict.fromkeys(normalize(question).strip("؟").split()[1:], 0.25)
    asked = understand(normalize(question))[0]
    return Ranking(asked, candidates([hit(text)]), words, normalize).order()[0]


def test_a_list_is_one_candidate_with_its_lead_which_is_none_alone() -> None:
    whole = LED.removeprefix("تقرير سنوي\n\nمهام اللجنة\n\n")
    assert quotes(LED) == ["إعداد التقارير.", "متابعة القرارات.", whole]


def test_a_sentence_before_a_list_that_is_no_lead_can_answer_alone() -> None:
    assert "تتولى اللجنة عدة مهام." in quotes(LED.replace("، منها:", "."))


FREQUENT = (
    "أسئلة شائعة\n\n"
    "كم مدة الضمان؟\nسنتان من تاريخ الشراء.\n\n"
    "س: أين تقع الفروع؟\nج: في الرياض وجدة.\n\n"
    "ما طرق الدفع؟\n\n• البطاقة.\n• التحويل."
)


def test_a_question_of_the_document_answers_nothing_what_stands_behind_it_does() -> None:
    found = quotes(FREQUENT)
    assert found[1:3] == ["سنتان من تاريخ الشراء.", "في الرياض وجدة."]
    assert found[-1] == "• البطاقة.\n• التحويل."
    assert not any("؟" in quote for quote in found)


def test_a_reply_in_the_line_below_its_question_is_cited_alone() -> None:
    bold = "**س: كم مدة الضمان؟**\n**ج:** سنتان من تاريخ الشراء."
    assert quotes(f"أسئلة شائعة\n\n{bold}")[-1] == "سنتان من تاريخ الشراء."
    numbered = "1. كم مدة الضمان؟\nسنتان من تاريخ الشراء.\n2. أين الفروع؟\nفي جدة."
    assert quotes(numbered)[:2] == ["سنتان من تاريخ الشراء.", "في جدة."]


def test_a_reply_has_the_words_of_what_it_replies_to() -> None:
    reply = best(FREQUENT, "أين تقع الفروع؟")
    assert reply.candidate.text == "في الرياض وجدة."
    assert reply.support.least == 1.0


def test_a_long_question_tells_something_before_it_asks() -> None:
    told = "ولد الشاعر في القاهرة عام 1950 ودرس فيها ثم سافر إلى باريس وعاش فيها عشرين سنة كتب"
    assert quotes(f"{told} فيها أجمل قصائده، فمن هو هذا الشاعر؟ عرفه الناس.")[0].startswith(told)


def test_who_is_quoted_with_a_question_is_quoted() -> None:
    assert quotes("قال الجندي: «أين الملح؟» فضحكت العجوز.")[0].startswith("قال الجندي")


def test_headings_never_answer() -> None:
    assert "مهام اللجنة" not in quotes(LED)
    assert quotes("عنوان\n\nفقرة أولى هنا.\n\nخاتمة قصيرة") == []  # a heading and no more


def test_an_item_answers_without_its_bullet_or_number() -> None:
    text = "الخطوات كثيرة ومنها ما يلي:\n\n١- فتح الملف.\n٢- قراءة النص."
    assert {"فتح الملف.", "قراءة النص."} <= set(quotes(text))


def test_a_list_answers_who_asks_for_one_and_nobody_else() -> None:
    assert best(LED, "ما مهام اللجنة؟").candidate.is_list
    assert not best(LED, "متى تجتمع اللجنة؟").candidate.is_list


def test_among_equally_near_sentences_the_one_with_the_words_of_the_question_wins() -> None:
    text = "الجو معتدل في الربيع. يقع المقر في مدينة ألماتي. الشتاء بارد هنا."
    assert best(text, "أين يقع المقر؟").candidate.text == "يقع المقر في مدينة ألماتي."


def test_who_asks_when_wants_a_date() -> None:
    text = "تأسست الشركة بعد نقاش طويل. تأسست الشركة عام 1990."
    found = best(text, "متى تأسست الشركة؟")
    assert (found.candidate.text, found.fits) == ("تأسست الشركة عام 1990.", True)


def test_a_date_of_the_question_is_no_answer() -> None:
    found = best("في عام 1990 حدث الكثير.", "متى حدث ما حدث في عام 1990؟")
    assert found.fits is False


def test_no_hits_no_candidates() -> None:
    assert candidates([]) == []
    assert Ranking(understand("ما هو؟")[0], [], {}, normalize).order() == []
