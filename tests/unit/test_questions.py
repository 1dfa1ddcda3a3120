"""What questions in MSA, dialect and English ask for."""

from __future__ import annotations

import pytest

from cica_qa.arabic.dialect import to_msa
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import SubQuestion, parse_question

normalize = Normalizer()


def asked(question: str) -> tuple[SubQuestion, ...]:
    return parse_question(to_msa(normalize(question)))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("من هو مخترع المصباح؟", "person"),
        ("مين كتب الرواية؟", "person"),
        ("منو صاحب الفكرة؟", "person"),
        ("ما اسم رئيس اللجنة؟", "person"),
        ("Who wrote it?", "person"),
        ("على يد من تأسست الجمعية؟", "person"),
        ("من قبل من أقيم المسجد؟", "person"),
        ("ما اسم المدينة التي يقع فيها المقر؟", "place"),
        ("ما اسم الشركة؟", "thing"),
        ("أين يقع المقر؟", "place"),
        ("المقر فين؟", "place"),
        ("في أي مدينة عُقدت القمة؟", "place"),
        ("Where is the seat?", "place"),
        ("متى تأسست؟", "date"),
        ("امتى اتأسست؟", "date"),
        ("في أي عام تأسست؟", "date"),
        ("When did it begin?", "date"),
        ("كم عدد الأعضاء؟", "number"),
        ("شحال من عضو كاين؟", "number"),
        ("ما نسبة الأمية؟", "number"),
        ("How many members are there?", "number"),
        ("ما أهداف المنظمة؟", "list"),
        ("وش هي أهداف المنظمة؟", "list"),
        ("ما أجهزة المنظمة؟", "list"),
        ("ما الأنشطة التي ينصح بها؟", "list"),
        ("ما هي أندية المدرسة؟", "list"),
        ("ما أهمية المنظمة؟", "thing"),
        ("ما إدارة المنظمة؟", "thing"),
        ("اذكر مجالات التعاون.", "list"),
        ("What challenges does it face?", "list"),
        ("لماذا انسحبت؟", "reason"),
        ("علاش انسحبات؟", "reason"),
        ("ما سبب الانسحاب؟", "reason"),
        ("Why did it withdraw?", "reason"),
        ("كيف تُتخذ القرارات؟", "manner"),
        ("هل يحق لهم التصويت؟", "yesno"),
        ("المراقبين يصوتوا ولا لأ؟", "yesno"),
        ("Do observers vote?", "yesno"),
        ("أيهما أكبر: القاهرة أم تونس؟", "comparison"),
        ("ما الفرق في السعر؟", "comparison"),
        ("ما هو التضخم؟", "definition"),
        ("ما معنى التضخم؟", "definition"),
        ("What does UN stand for?", "definition"),
        ("ماذا حدث في عام 1999؟", "thing"),
        ("ماهو الكتاب الذي ألفه في شبابه وطبعه على نفقته؟", "thing"),  # and no yes or no
        ("ماسم الشركة التي بنت السد؟", "thing"),
        ("مالذي يسبب الصدأ؟", "thing"),
        ("لمادا هاجر إلى الشام؟", "reason"),
        ("بمادا يلقب القائد؟", "thing"),
        ("في أية مدينة ولد؟", "place"),
        ("علام حصل الفريق؟", "thing"),
        ("اذكر اسم السفينة التي غرقت؟", "thing"),
        ("هل هي رياضة جماعية أم فردية؟", "thing"),
        ("هل لها علاقة بالطقس أم لا؟", "yesno"),
        ("مجلس الوزراء ماذا يناقش؟", "thing"),
    ],
)
def test_kinds(question: str, kind: str) -> None:
    assert [one.kind for one in asked(question)] == [kind]


@pytest.mark.parametrize(
    ("question", "noun"),
    [
        ("كم دولة في المنظمة؟", "دوله"),
        ("كم عدد الدول الأعضاء؟", "الدول"),
        ("كم يبلغ عدد السكان؟", "السكان"),
        ("في أي مدينة عُقدت؟", "مدينه"),
        ("كل كم سنة يجتمع؟", "مره"),
        ("ما أهداف المنظمة؟", "اهداف"),
    ],
)
def test_the_noun_names_the_kind_of_answer(question: str, noun: str) -> None:
    assert asked(question)[0].noun == noun


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "متى وأين عُقد الاجتماع وماذا اعتُمد فيه؟",
            [
                ("date", "متى عقد الاجتماع"),
                ("place", "أين عقد الاجتماع"),
                ("thing", "ماذا اعتمد فيه؟"),
            ],
        ),
        (
            "ما مهمة اللجنة، وأين تقع الأمانة؟",
            [("thing", "ما مهمة اللجنة"), ("place", "أين تقع الأمانة؟")],
        ),
        ("متى بدأ وكم دولة يضم؟", [("date", "متى بدأ"), ("number", "كم دولة يضم؟")]),
        (
            "متى أُسست الجمعية وعلى يد من؟",
            [("date", "متى أسست الجمعية"), ("person", "على يد من؟")],
        ),
        (
            "متى أُسست الجمعية ومن أسسها؟",
            [("date", "متى أسست الجمعية"), ("person", "من أسسها؟")],
        ),
        (
            "متى افتُتح النادي ومن أسسه؟",
            [("date", "متى افتتح النادي"), ("person", "من أسسه؟")],
        ),
        ("هل يتكون من قاعة ومن غرفة؟", [("yesno", "هل يتكون من قاعة ومن غرفة؟")]),
        ("كم طالبا من البيت ومن المدرسه؟", [("number", "كم طالبا من البيت ومن المدرسه؟")]),
        ("ما الذي يميزها ومن أهمها؟", [("thing", "ما الذي يميزها ومن أهمها؟")]),
        ("طيب، وما هي أهدافه؟", [("list", "ما هي أهدافه؟")]),
        ("ما مساحة مصر وعدد سكانها؟", [("number", None), ("number", None)]),
        ("كم عدد الدول والمنظمات؟", [("number", "كم عدد الدول والمنظمات؟")]),
        ("When and where did it begin?", [("date", None), ("place", None)]),
        (
            "ما الفرق بين العضو والمراقب؟",
            [("definition", "ما العضو؟"), ("definition", "ما المراقب؟")],
        ),
        (
            "قارن بين مجلس الدول والحكومات ومجلس الوزراء",
            [("definition", "ما مجلس الدول والحكومات؟"), ("definition", "ما مجلس الوزراء؟")],
        ),
        (
            "ما هي الفروق بين القلب وبين الرئة؟",
            [("definition", "ما القلب؟"), ("definition", "ما الرئة؟")],
        ),
        (
            "What is the difference between a member and an observer?",
            [("definition", "what is a member?"), ("definition", "what is an observer?")],
        ),
    ],
)
def test_several_things_at_once(question: str, parts: list[tuple[str, str | None]]) -> None:
    found = asked(question)
    assert [one.kind for one in found] == [kind for kind, _ in parts]
    for one, (_, text) in zip(found, parts, strict=True):
        assert text is None or one.text == text


@pytest.mark.parametrize("question", ["؟", "نعم", "و", "12", "😀", "ما", "متى"])
def test_any_text_asks_for_something(question: str) -> None:
    assert len(asked(question)) == 1


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("خلال المباراة الأخيرة، كم هدفًا سُجّل؟", "number"),
        ("بناءً على عدد السكان، ما هو ترتيب المدينة؟", "number"),
        ("العربي كان يحب الموسيقى. كيف أثّر فيها؟", "manner"),
    ],
)
def test_an_introduction_belongs_to_the_question(question: str, kind: str) -> None:
    (one,) = asked(question)
    assert one.kind == kind
    assert one.text.split()[0] == normalize(question).split()[0]


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("ما المدن التي مر بها؟", True),
        ("ما هي الألوان التي يحملها العلم؟", True),
        ("ما أهم معاركه؟", True),
        ("من هم مؤسسو الفرقة؟", True),
        ("من هو مؤسس الفرقة؟", False),
        ("شو هي المشاكل اللي واجهها؟", True),
        ("ما طرق الدفع؟", True),
        ("ما طريقة الدفع؟", False),
        ("ما المدينة التي ولد فيها؟", False),
        ("ما الاسم الآخر للنهر؟", False),
        ("ما هي الحالة الشائعة في الشتاء؟", False),
        ("ما هو القانون الجديد؟", False),
        ("في أي ولاية تقع البلدة؟", False),
        ("وش يسمون هذا التغيير؟", False),
    ],
)
def test_a_plural_asks_for_several_things_and_a_singular_for_one(
    question: str, several: bool
) -> None:
    assert asked(question)[0].several is several
