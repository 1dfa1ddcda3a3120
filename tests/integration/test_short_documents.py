"""Documents so short that they are one passage: no other one is beside it, and no word is rare."""

from __future__ import annotations

import pytest

from cica_qa import Document, Pipeline, Settings

UNREAD = "the reader sees no answer in an ingredient"


def fault(reason: str) -> pytest.MarkDecorator:
    """Mark a known fault: the test fails when it is mended."""
    return pytest.mark.xfail(strict=True, reason=reason)


NEWS = """افتتاح محطة الطاقة الشمسية

الرباط، 12 يونيو 2025 (وكالات) - افتتح وزير الطاقة كريم بناني أمس محطة «نور الجنوب» للطاقة الشمسية \
قرب مدينة ورزازات، بكلفة بلغت 900 مليون دولار.

وقال الوزير إن المحطة ستزود مليون منزل بالكهرباء، وستخفض انبعاثات الكربون بنحو 760 ألف طن سنويًا. \
وأضاف أن المشروع وفّر ألفي فرصة عمل خلال مرحلة البناء.

وموّل المشروع البنك الأفريقي للتنمية بنسبة 60 في المئة، والباقي من ميزانية الدولة. واستغرق البناء \
ثلاث سنوات.

وأشارت مديرة المحطة فاطمة العلوي إلى أن التحدي الأكبر كان الغبار الذي يغطي الألواح، مشيرة إلى أن \
المحطة تستخدم روبوتات لتنظيفها دون ماء.
"""
LIFE = """سيرة المهندس رائد الخطيب

ولد رائد الخطيب في مدينة نابلس في 3 مارس 1951 لأسرة تعمل في صناعة الصابون. كان والده تاجرًا ووالدته \
معلمة. درس الهندسة المدنية في جامعة القاهرة وتخرج منها عام 1974.

عمل في الكويت خمس سنوات ثم انتقل إلى لندن حيث نال الدكتوراه من إمبريال كوليدج عام 1983. تزوج من \
الطبيبة سلمى درويش وأنجب منها ثلاثة أبناء.

صمم جسر الوادي الكبير الذي يبلغ طوله 1.2 كيلومتر، وحاز عنه جائزة الآغا خان للعمارة سنة 1995. ألّف \
كتابين هما «الجسور في المدن القديمة» و«ذاكرة الحجر».

توفي في عمّان عام 2014 إثر نوبة قلبية، ودفن في مسقط رأسه.
"""
RECIPE = """الكشري المصري

الكشري أكلة شعبية مصرية تكفي ستة أشخاص وتستغرق ساعة ونصف الساعة.

المكونات:
- كوبان من الأرز المصري
- كوب من العدس البني
- 250 غرامًا من المعكرونة
- ثلاث بصلات كبيرة مقطعة شرائح
- أربع ملاعق كبيرة من الخل

طريقة التحضير:
1. يسلق العدس في الماء لمدة عشرين دقيقة ثم يصفى.
2. يقلى البصل في الزيت حتى يصبح ذهبيًا ومقرمشًا.
3. يطبخ الأرز مع العدس في زيت البصل.
4. تسلق المعكرونة في ماء مملح.
5. تحضر الصلصة من عصير الطماطم والثوم والخل.

نصيحة: لا ترم زيت القلي، فهو سر نكهة الأرز.
"""
WASHING = """دليل استخدام الغسالة

السعة 8 كيلوغرامات، وتستهلك 50 لترًا من الماء في كل دورة.

كيفية تنظيف المصفاة:
1. أطفئ الغسالة وافصل الكهرباء.
2. أخرج المصفاة واغسلها تحت الماء.
3. أعدها إلى مكانها وأغلق الغطاء.

لا يشمل الضمان سوء الاستعمال.
"""


@pytest.fixture(scope="module")
def recipe(exact: Settings) -> Pipeline:
    return Pipeline.from_documents([Document("recipe", "الكشري المصري", RECIPE)], settings=exact)


@pytest.fixture(scope="module")
def news(exact: Settings) -> Pipeline:
    return Pipeline.from_documents(
        [Document("news", "افتتاح محطة الطاقة الشمسية", NEWS)], settings=exact
    )


@pytest.fixture(scope="module")
def life(exact: Settings) -> Pipeline:
    return Pipeline.from_documents(
        [Document("life", "سيرة المهندس رائد الخطيب", LIFE)], settings=exact
    )


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("كم كلفت المحطة؟", "الرباط"),
        ("مين مول المشروع؟", "وموّل المشروع"),
        pytest.param(
            "قديش أخذ البناء؟", "واستغرق البناء", marks=fault("refused just below the threshold")
        ),
        ("ما أكبر تحد واجه المشروع؟", "وأشارت مديرة"),
        ("ما اسم مديرة المحطة؟", "وأشارت مديرة"),
        ("كيف تنظف الألواح؟", "وأشارت مديرة"),
        ("How much did the station cost?", "الرباط"),
        # What it does not say.
        ("كم عدد الألواح؟", None),
        pytest.param("من هو رئيس الوزراء؟", None, marks=fault("a minister is given")),
        ("من صمم المحطة؟", None),
        ("متى تغلق المحطة؟", None),
    ],
)
def test_news(news: Pipeline, question: str, begins: str | None) -> None:
    assert_begins(news, question, begins)


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("أين دفن؟", "توفي في عمّان"),
        ("ما سبب وفاته؟", "توفي في عمّان"),
        ("وين مات؟", "توفي في عمّان"),
        ("بقي كم سنة يشتغل في الكويت؟", "عمل في الكويت"),
        ("متى حصل على الدكتوراه؟", "عمل في الكويت"),
        ("ما الكتب التي ألفها؟", "ألّف كتابين"),
        ("When did he die?", "توفي في عمّان"),
        # What it does not say.
        ("في أي عام تزوج؟", None),
        ("ما اسم أخيه؟", None),
        ("كم لغة يتقن؟", None),
        ("متى زار باريس؟", None),
    ],
)
def test_a_life(life: Pipeline, question: str, begins: str | None) -> None:
    assert_begins(life, question, begins)


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("ما مكونات الكشري؟", "المكونات:\n- كوبان"),
        pytest.param(
            "كيف يحضر الكشري؟", "طريقة التحضير:\n1. يسلق", marks=fault("a step is given for all")
        ),
        ("كيف تحضر الصلصة؟", "تحضر الصلصة"),
        pytest.param("كم بصلة أحتاج؟", "ثلاث بصلات", marks=fault(UNREAD)),
        ("قد إيه بيتسلق العدس؟", "يسلق العدس"),
        ("كم تستغرق الوصفة؟", "الكشري أكلة"),
        ("ما سر نكهة الأرز؟", "نصيحة:"),
        # What it does not say.
        ("هل في الوصفة لحم؟", None),
        ("من اخترع الكشري؟", None),
    ],
)
def test_a_recipe(recipe: Pipeline, question: str, begins: str | None) -> None:
    assert_begins(recipe, question, begins)


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        pytest.param("كم كوبًا من الأرز نحتاج؟", "كوبان", marks=fault(UNREAD)),
        ("قد إيه بيتسلق العدس؟", "عشرين دقيقة"),
        ("كم شخصًا تكفي الأكلة؟", "ستة أشخاص"),
    ],
)
def test_how_many_is_marked(recipe: Pipeline, question: str, marked: str) -> None:
    (citation,) = recipe.ask(question).citations
    assert [citation.quote[a - citation.start : b - citation.start] for a, b in citation.focus] == [
        marked
    ]


def assert_begins(pipeline: Pipeline, question: str, begins: str | None) -> None:
    answer = pipeline.ask(question)
    assert answer.abstained == (begins is None), (answer.text, answer.confidence, answer.reason)
    assert answer.text.startswith(begins or "لم أجد جوابًا مؤكدًا")


def test_a_word_that_only_asks_is_no_slip(news: Pipeline) -> None:
    """«اسم» is one swap away from «أمس», which the document has."""
    assert news.retriever.search("ما اسم الوزير؟")[0].match.searched == "ما اسم الوزير؟"
    assert news.retriever.search("من افتتح المحطه اسم؟")[0].match.searched == (
        "من افتتح المحطة اسم؟"
    )


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("هل يشمل الضمان سوء الاستعمال؟", "لا"),
        ("هل تستهلك الغسالة 50 لترًا من الماء؟", "نعم"),
        # Clothes and shoes are near what is said of washing, and not what it says.
        ("هل تجفف الغسالة الملابس؟", ""),
        ("هل تغسل الغسالة الأحذية؟", ""),
    ],
)
def test_yes_takes_more_than_likeness(question: str, lead: str, exact: Settings) -> None:
    pipeline = Pipeline.from_documents(
        [Document("washing", "دليل الغسالة", WASHING)], settings=exact
    )
    assert pipeline.ask(question).lead == lead
