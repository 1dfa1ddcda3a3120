"""Follow-up questions, and what they take from earlier turns."""

from __future__ import annotations

import pytest

from cica_qa.answer.conversation import ResolvedQuestion, is_follow_up, resolve_question
from cica_qa.answer.reasons import UNANSWERED
from cica_qa.arabic.normalize import Normalizer
from cica_qa.types import Turn

normalize = Normalizer()
SECRETARIAT = Turn("ما وظيفة الأمانة العامة؟", "تتولى التنسيق بين الأنشطة والبرامج المختلفة.")
GOALS = Turn("ما هي أهداف المؤتمر؟", "أهدافه:\n• أ\n• ب")


def understood(question: str, *history: Turn) -> ResolvedQuestion:
    return resolve_question(question, history, normalize)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("وأين تقع؟", True),
        ("وَأَيْنَ تَقَعُ؟", True),
        ("طيب وما هي التحديات التي تواجهه؟", True),
        ("متى تأسس؟", True),
        ("فكم عدد أعضائها الآن؟", True),
        ("كم عدد الدول الأعضاء فيه؟", True),
        ("and where is it?", True),
        ("ما هي لغات العمل الرسمية؟", False),
        ("من هو الرئيس الحالي للمؤتمر؟", False),
        ("ما هي اللغات المعتمدة فيها؟", True),
        ("من هو رئيسها الحالي؟", True),
        ("متى كان اجتماعهم الأول؟", True),
        ("ما أهم مدارسها القديمة؟", True),
        ("أين يقع مقر الأمانة العامة؟", False),
        ("وزارة الخارجية متى تأسست؟", False),
        ("كم عدد الدول الأعضاء في المؤتمر؟", False),
    ],
)
def test_follow_ups(question: str, expected: bool) -> None:
    assert is_follow_up(question, normalize) is expected


@pytest.mark.parametrize("question", ["وأين تقع؟", "متى تأسست؟", "لماذا؟"])
def test_a_bare_follow_up_takes_the_previous_topic(question: str) -> None:
    found = understood(question, Turn("سؤال أقدم عن النفط؟", "…"), SECRETARIAT)
    assert found == ResolvedQuestion(question, "وظيفة الأمانة العامة", alone=False)
    assert found.whole == f"{question} وظيفة الأمانة العامة"


def test_a_follow_up_with_its_own_words_is_tried_alone_first() -> None:
    found = understood("وكم دولة مراقبة فيه؟", Turn("كم عدد الدول الأعضاء في المؤتمر؟", "28 دولة"))
    assert (found.alone, found.carried) == (True, "الدول الأعضاء في المؤتمر")


def test_a_question_that_stands_alone_takes_nothing() -> None:
    assert understood("كم تبلغ مساحة فرنسا اليوم؟", SECRETARIAT).carried == ""
    assert understood("وأين تقع؟") == ResolvedQuestion("وأين تقع؟")


def test_a_chain_of_follow_ups_keeps_the_topic_of_its_first_question() -> None:
    chain = [Turn("ما أهمية قناة السويس؟", "كبيرة جدًّا."), Turn("ومتى افتُتحت؟", "في عام 1869.")]
    assert understood("وأين تقع؟", *chain).carried == "أهمية قناة السويس افتُتحت"


def test_a_self_contained_follow_up_starts_a_topic() -> None:
    chain = [GOALS, Turn("وأين عُقد أول اجتماع لوزراء الخارجية؟", "في ألماتي.")]
    assert understood("ومتى؟", *chain).carried == "عُقد أول اجتماع لوزراء الخارجية في ألماتي"


def test_a_short_answer_is_carried_over_but_an_abstention_is_not() -> None:
    named = Turn("ما هي الهيئة العليا للمؤتمر؟", "مجلس رؤساء الدول والحكومات.")
    assert understood("وكم مرة يجتمع؟", named).carried.endswith("مجلس رؤساء الدول والحكومات")
    refused = Turn("من هو الأمين العام للمنظمة؟", UNANSWERED)
    assert understood("ومتى انتُخب؟", refused).carried == "الأمين العام للمنظمة"


@pytest.mark.parametrize(
    ("question", "nth"),
    [("وما الثاني؟", 2), ("والثالث؟", 3), ("ما هو الأخير؟", -1), ("what about the second?", 2)],
)
def test_an_item_of_the_previous_list(question: str, nth: int) -> None:
    found = understood(question, GOALS)
    assert (found.nth, found.carried) == (nth, GOALS.question)


@pytest.mark.parametrize("question", ["ما الحرب العالمية الثانية؟", "من الأمين الثاني؟"])
def test_an_ordinal_of_something_else_is_not_an_item(question: str) -> None:
    assert understood(question, GOALS).nth == 0


@pytest.mark.parametrize("question", ["اشرح أكثر", "وضّح أكثر من فضلك", "tell me more"])
def test_asking_for_more(question: str) -> None:
    found = understood(question, GOALS)
    assert (found.more, found.carried) == (True, GOALS.question)


def test_another_item_is_taken_from_the_same_list() -> None:
    assert understood("والثالث؟", GOALS, Turn("وما الثاني؟", "ب")).carried == GOALS.question


def test_degenerate_histories_are_harmless() -> None:
    assert understood("وأين؟", Turn("", ""), Turn("؟!", UNANSWERED)) == ResolvedQuestion("وأين؟")
    long = [Turn(f"وكم عدد {at}؟", UNANSWERED) for at in range(200)]
    assert len(understood("وأين؟", *long).carried) < 100
    same = [Turn("وأين؟", "وأين؟")] * 50
    assert understood("وأين؟", *same).question == "وأين؟"
