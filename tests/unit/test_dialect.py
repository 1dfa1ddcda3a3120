"""Dialect questions become MSA; MSA, names and words that the collection uses are kept."""

from __future__ import annotations

import pytest

from cica_qa.arabic.dialect import is_dialect, to_msa
from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import word_list

VOCABULARY = dict.fromkeys(("بيان", "بيروت", "كتاب", "حياه"), 1)


@pytest.mark.parametrize(
    ("question", "msa"),
    [
        ("إيه أهداف المؤتمر؟", "ماذا أهداف المؤتمر؟"),
        ("ايه الهدف؟", "ما الهدف؟"),
        ("وش هو المؤتمر؟", "ما هو المؤتمر؟"),
        ("شو اللي صار؟", "ما الذي صار؟"),
        ("شنو كيقول الملك؟", "ماذا يقول الملك؟"),
        ("الأجر كام؟", "الأجر كم؟"),
        ("فين المقر؟", "أين المقر؟"),
        ("وين المقر دلوقتي؟", "أين المقر الآن؟"),
        ("امتى اتأسس؟", "متى اتأسس؟"),
        ("إيمتى تأسس؟", "متى تأسس؟"),
        ("فوقاش تأسس؟", "متى تأسس؟"),
        ("شوكت تأسس؟", "متى تأسس؟"),
        ("علاش تأسس؟", "لماذا تأسس؟"),
        ("ليش مو عضو؟", "لماذا ليس عضو؟"),
        ("شلون ينضم العضو؟", "كيف ينضم العضو؟"),
        ("إزاي بينضم العضو؟", "كيف ينضم العضو؟"),
        ("كيفاش غادي ينضم؟", "كيف سوف ينضم؟"),
        ("شحال ديال الدول؟", "كم الدول؟"),
        ("قديش عدد الدول؟", "كم عدد الدول؟"),
        ("قد إيه عدد الدول؟", "كم عدد الدول؟"),
        ("أد ايه المسافة؟", "كم المسافة؟"),
        ("بقد إيه التذكرة؟", "بكم التذكرة؟"),
        ("شكون المؤسس؟", "من المؤسس؟"),
        ("مين هيرأس المؤتمر ده؟", "من سيرأس المؤتمر هذا؟"),
        ("شو عم يعمل الوزير؟", "ماذا يعمل الوزير؟"),
        ("واش كاين مقر؟", "هل يوجد مقر؟"),
        ("لمين بعتوا البيان؟", "لمن بعتوا البيان؟"),
        ("شنو تأسس ف بيروت؟", "ماذا تأسس في بيروت؟"),
        ("ايه القرار التاني بتاع المؤتمر؟", "ما القرار الثاني المؤتمر؟"),
        ("ايه أعضاء ال اتناشر؟", "ماذا أعضاء ال اثني عشر؟"),
        ("شو منعمل؟", "ماذا نعمل؟"),
        ("شحال د الدول؟", "كم الدول؟"),
        ("إيه مهمة اللجنة، وفين تقع الأمانة؟", "ما مهمة اللجنة، وأين تقع الأمانة؟"),
        ("فوقاش بدأ وشحال دولة يضم؟", "متى بدأ وكم دولة يضم؟"),
        ("طيب ووش التحديات؟", "طيب وما التحديات؟"),
        ("وإيه حصل بعدها؟", "وماذا حصل بعدها؟"),
        ("فين المقر وليه اختاروه؟", "أين المقر ولماذا اختاروه؟"),
        ("كيفاش كنقدرو نعيش؟", "كيف نستطيع نعيش؟"),
        ("ازاي تقدر تعيش؟", "كيف تستطيع تعيش؟"),
        ("بشحال يقدر السعر؟", "بكم يقدر السعر؟"),  # no verb follows: «is it estimated»
    ],
)
def test_function_words_become_msa(question: str, msa: str) -> None:
    assert is_dialect(question)
    assert to_msa(question, VOCABULARY) == msa


@pytest.mark.parametrize(
    "question",
    [
        "ما أهداف المؤتمر؟",
        "أية دولة ترأس المؤتمر؟",  # folds to «ايه»
        "من هو وليه؟",  # his guardian
        "ما معنى وآية؟",
        "متى تأسست شبكة أيه بي سي؟",
        "ما حق الفيتو؟",
        "من هو ليوناردو دي كابريو؟",
        "ما مال الدولة التي راح تجارها؟",
        "ما زي الجيش؟",
        "ما الدول كما يلي؟",
        "ما مسرحيات برنارد شو؟",
        "من كتب هاكلبيري فين؟",
        "متى ولد جون وين؟",
        "ما هواية بدة؟",
        "من عازف كمان الفرقة؟",
        "What is  CICA?",
        "",
    ],
)
def test_msa_and_other_languages_are_unchanged(question: str) -> None:
    assert not is_dialect(question)
    assert to_msa(question, VOCABULARY) == question


def test_words_of_the_collection_keep_an_apparent_prefix() -> None:
    assert to_msa("ايه بيان بيروت؟", VOCABULARY) == "ماذا بيان بيروت؟"
    assert to_msa("ايه بيتقال؟", VOCABULARY) == "ماذا يتقال؟"
    assert to_msa("ايه بيتقال؟") == "ماذا بيتقال؟"  # no vocabulary, no risk taken


@pytest.mark.parametrize(
    ("question", "msa"),
    [
        ("شلون نطبخ الرز؟", "كيف نطبخ الأرز؟"),
        ("شلون نطبخ بالرز؟", "كيف نطبخ بالأرز؟"),
        ("إيه فايدة للرز؟", "ما فايدة للأرز؟"),
        ("وين فلوس البلد؟", "أين مال البلد؟"),
        ("مين شاف المدينة؟", "من رأى المدينة؟"),
        ("كيفاش نديرو القهوة؟", "كيف نفعل القهوة؟"),
        ("شنو كيديرو الناس؟", "ماذا يفعلون الناس؟"),
        ("شلون يسويه الطباخ؟", "كيف يفعله الطباخ؟"),
        ("ليش بيشوفوا الفيلم؟", "لماذا يرون الفيلم؟"),
        ("ليش بيشوفها الناس؟", "لماذا يراها الناس؟"),
        ("ازاي هيشوف الفيلم؟", "كيف سيرى الفيلم؟"),
        ("ازاي اخدها؟", "كيف آخذها؟"),
        ("شنو كاين فالبلاد؟", "ماذا يوجد في البلاد؟"),
        ("شو كاين عالبلاد؟", "ماذا يوجد على البلاد؟"),
        ("شو بهالحالات؟", "ماذا بهذه الحالات؟"),
        ("شو فهالرز؟", "ماذا في هذا الأرز؟"),
        ("شو هالهدف؟", "ماذا هالهدف؟"),  # the collection does not know the noun
        ("شو فالهدف؟", "ماذا فالهدف؟"),
        ("شو هالوجين الرز؟", "ماذا هالوجين الأرز؟"),  # known as it is
        ("شو الشباك والمويه؟", "ما الشباك والمويه؟"),  # the collection lacks «نافذة»
    ],
)
def test_everyday_words_become_the_words_of_the_collection(question: str, msa: str) -> None:
    words = "الارز مال راي يفعل يري ياخذ البلاد الحالات هالوجين الوجين كتاب"
    assert to_msa(question, dict.fromkeys(words.split(), 1)) == msa


def test_everyday_words_are_kept_without_a_collection() -> None:
    assert to_msa("شو فالرز والمويه وهالحالات يشوف؟") == "ماذا فالرز والمويه وهالحالات يشوف؟"


def test_everyday_words_change_only_in_dialect_questions() -> None:
    question = "ما شباك البيت الزغير؟"
    assert to_msa(question, {"نافذه": 9, "الصغير": 9}) == question


@pytest.mark.parametrize(("of_msa", "said"), [(7, "نافذة"), (6, "شباك")])
def test_msa_must_be_in_more_than_three_times_the_passages(of_msa: int, said: str) -> None:
    """The article counts: «الشباك» is in use as well."""
    usual = {"نافذه": of_msa - 1, "النافذه": 1, "شباك": 1, "الشباك": 1}
    assert to_msa("وين شباك؟", usual) == f"أين {said}؟"


def test_a_verb_that_is_used_in_any_person_is_kept() -> None:
    assert to_msa("وين نروح؟", {"يذهب": 4, "يروح": 1}) == "أين نذهب؟"
    assert to_msa("وين نروح؟", {"يذهب": 2, "تذهب": 2, "تروح": 2}) == "أين نروح؟"
    assert to_msa("ليش ادي؟", {"يعطي": 4, "ادي": 9}) == "لماذا ادي؟"  # «أدى»


def test_the_lexicon_is_folded_and_maps_no_word_to_itself() -> None:
    words = word_list("dialect", "form").keys() | word_list("dialect", "noun").keys()
    assert all(fold(word) == word for word in words)
    for msa in ("الأرز", "مال", "رأى", "نافذة", "جيدة"):
        assert fold(msa) not in words
