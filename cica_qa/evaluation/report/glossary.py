"""The names and meanings of the figures, for readers who do not know the field."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from cica_qa.evaluation.report.words import QUESTION, BilingualText, counted, rounded
from cica_qa.evaluation.statistics import SIGNIFICANCE_LEVEL
from cica_qa.evaluation.types import Comparison


class Metric(NamedTuple):
    """The title and the meaning of a figure; ``lower`` if lower values are better."""

    title: BilingualText
    meaning: BilingualText
    lower: bool = False


def _same(name: str, ar: str, en: str) -> Metric:
    return Metric(BilingualText(name, name), BilingualText(ar, en))


def _recall(name: str, ar: str, en: str) -> Metric:
    return _same(
        name,
        f"نسبة ما ظهر من المطلوب في {ar}.",
        f"The share of what should be found that is among {en}.",
    )


METRICS: dict[str, Metric] = {
    "nDCG@10": _same(
        "nDCG@10",
        "جودة ترتيب النتائج العشر الأولى: تبلغ 1 إذا تصدّرها المطلوب كلّه، وتقلّ كلما تأخّر.",
        "How well the first 10 hits are ordered: 1 where all that should be found leads, less the "
        "later it comes.",
    ),
    "RR@10": _same(
        "RR@10",
        "مقلوب رتبة أول نتيجة مطلوبة: 1 إن جاءت الأولى، و0.5 إن جاءت الثانية، و0 إن غابت عن "
        "النتائج العشر الأولى.",
        "One over the rank of the first right hit: 1 if it is first, 0.5 if second, 0 if it is "
        "not among the first 10.",
    ),
    "R@1": _recall("R@1", "النتيجة الأولى", "the first hit"),
    "R@5": _recall("R@5", "النتائج الخمس الأولى", "the first 5 hits"),
    "R@10": _recall("R@10", "النتائج العشر الأولى", "the first 10 hits"),
    "Success@1": _same(
        "Success@1",
        "نسبة الأسئلة التي نتيجتها الأولى من المطلوب.",
        "The share of questions whose first hit is a right one.",
    ),
    "Success@5": _same(
        "Success@5",
        "نسبة الأسئلة التي في نتائجها الخمس الأولى شيء من المطلوب.",
        "The share of questions with a right hit among the first 5.",
    ),
    "EM": Metric(
        BilingualText("التطابق التام (EM)", "Exact match (EM)"),
        BilingualText(
            "نسبة الأجوبة المطابقة تمامًا لجواب مقبول بعد توحيد الكتابة.",
            "The share of answers that are an accepted answer, once spelling is unified.",
        ),
    ),
    "F1": Metric(
        BilingualText("تداخل الكلمات (F1)", "Word overlap (F1)"),
        BilingualText(
            "ما يشترك فيه الجواب وأقرب الأجوبة المقبولة إليه من كلمات: 1 تطابق، و0 تباين تام.",
            "How many words the answer shares with the closest accepted one: 1 all, 0 none.",
        ),
    ),
    "EM (MLQA)": _same(
        "EM (MLQA)",
        "التطابق التام محسوبًا كما تحسبه مجموعة MLQA، ليُقارَن بما نُشر.",
        "Exact match as MLQA counts it, to compare with published figures.",
    ),
    "F1 (MLQA)": _same(
        "F1 (MLQA)",
        "تداخل الكلمات محسوبًا كما تحسبه مجموعة MLQA، ليُقارَن بما نُشر.",
        "Word overlap as MLQA counts it, to compare with published figures.",
    ),
    "Holds": Metric(
        BilingualText("الجواب يتضمّن المطلوب", "Holds the answer"),
        BilingualText(
            "نسبة الأسئلة التي تضمّن الجوابُ المعروض عنها الجوابَ المطلوب، وإن زاد عليه.",
            "The share of questions whose shown answer holds the expected one, whatever it adds.",
        ),
    ),
    "Sentence": Metric(
        BilingualText("الجملة الصحيحة", "Right sentence"),
        BilingualText(
            "نسبة الأسئلة التي أُخذ جوابها من الجملة التي تحوي الجواب المطلوب.",
            "The share of questions answered from the sentence that has the expected answer.",
        ),
    ),
    "Citation precision": Metric(
        BilingualText("دقّة الاستشهاد", "Citation precision"),
        BilingualText(
            "نسبة الاستشهادات التي تسند الجواب حقًّا.",
            "The share of citations that do support the answer.",
        ),
    ),
    "Citation recall": Metric(
        BilingualText("اكتمال الاستشهاد", "Citation recall"),
        BilingualText(
            "نسبة ما له استشهاد يسنده ممّا ينبغي إسناده.",
            "The share of what needs support that a citation does support.",
        ),
    ),
    "Right": Metric(
        BilingualText("الصواب", "Right"),
        BilingualText(
            "نسبة الأسئلة التي أصاب فيها النظام: أجاب جوابًا صحيحًا، أو امتنع حيث لا جواب.",
            "The share of questions treated rightly: answered well, or refused where there is no "
            "answer.",
        ),
    ),
    "Wrong refusal": Metric(
        BilingualText("الامتناع الخاطئ", "Wrong refusals"),
        BilingualText(
            "نسبة الأسئلة التي امتنع النظام عن جوابها مع أنّ جوابها في النص.",
            "The share of questions that were refused although the text answers them.",
        ),
        lower=True,
    ),
    "Wrong answer": Metric(
        BilingualText("الجواب الخاطئ", "Wrong answers"),
        BilingualText(
            "نسبة الأسئلة التي جاء جوابها خاطئًا، ومنها ما كان ينبغي الامتناع عنه.",
            "The share of questions answered wrongly, also where there is nothing to answer.",
        ),
        lower=True,
    ),
    "AUROC": Metric(
        BilingualText("تمييز الثقة (AUROC)", "Confidence (AUROC)"),
        BilingualText(
            "قدرة درجة الثقة على تمييز ما له جواب مما لا جواب له: 1 تمييز تام، و0.5 كالتخمين.",
            "How well confidence tells questions with an answer from those without: 1 wholly, 0.5 "
            "as a coin does.",
        ),
    ),
    "AURC": Metric(
        BilingualText("الخطأ عبر التغطية (AURC)", "Risk over coverage (AURC)"),
        BilingualText(
            "متوسط نسبة الخطأ على كل حدود الثقة؛ وكلما صغر كان أفضل.",
            "The mean share of wrong answers over all limits of confidence; less is better.",
        ),
        lower=True,
    ),
}
HEADLINE = (
    "nDCG@10",
    "RR@10",
    "R@5",
    "EM",
    "F1",
    "Holds",
    "Sentence",
    "Citation precision",
    "Citation recall",
    "AUROC",
    "Wrong refusal",
    "Wrong answer",
)
LATENCY = Metric(
    BilingualText("زمن الجواب (ملّي ثانية)", "Latency (ms)"),
    BilingualText(
        "الزمن الوسيط للجواب بالملّي ثانية: نصف الأسئلة أسرع منه ونصفها أبطأ.",
        "The median time of an answer in milliseconds: half of the questions take less.",
    ),
    lower=True,
)


def metric(name: str) -> Metric:
    """Return the description of a figure; an unknown one has only its name."""
    return METRICS.get(name) or _same(name, "", "")


def in_glossary_order(names: Iterable[str]) -> list[str]:
    """Return the distinct names in the order of the glossary, then the unknown ones by name."""
    known = list(METRICS)
    unique = set(names)
    return [name for name in known if name in unique] + sorted(unique - set(known))


def headline_metrics(names: Iterable[str]) -> list[str]:
    """Return the names with columns in wide tables: those of ``HEADLINE`` and unknown ones."""
    return [name for name in in_glossary_order(names) if name in HEADLINE or name not in METRICS]


def comparison_verdict(comparison: Comparison) -> tuple[str, BilingualText]:
    """Return "better", "worse" or "same", and what the comparison shows in plain words."""
    difference = comparison.difference.value
    if comparison.p_corrected < SIGNIFICANCE_LEVEL and difference:
        if (difference > 0) != metric(comparison.metric).lower:
            return "better", BilingualText(
                "أفضل بفارق لا يُعزى إلى المصادفة", "Better, by more than chance explains"
            )
        return "worse", BilingualText(
            "أسوأ بفارق لا يُعزى إلى المصادفة", "Worse, by more than chance explains"
        )
    if not difference or not math.isfinite(difference) or comparison.needed <= 0:
        return "same", BilingualText("لا فرق يُعتدّ به", "No difference to speak of")
    needed = counted(rounded(comparison.needed), QUESTION, oblique=True)
    return "same", BilingualText(
        f"لا فرق يُعتدّ به؛ ولإثبات فرق بهذا القدر يلزم نحو {needed.ar}",
        f"No difference to speak of; to show one of this size takes about {needed.en}",
    )
