"""The texts of the report in Arabic and in English, except the names of figures."""

from __future__ import annotations

from cica_qa.evaluation.report.words import BilingualText

LABELS: dict[str, BilingualText] = {
    "report": BilingualText("تقرير التقييم", "Evaluation report"),
    "about": BilingualText(
        "ما أصاب فيه النظام وما أخطأ، مع فترة ثقة 95% لكل قيمة.",
        "What the system got right and wrong, each figure with its 95% interval.",
    ),
    "skip": BilingualText("انتقل إلى النتائج", "Skip to the results"),
    "parts": BilingualText("أقسام التقرير", "Parts of the report"),
    "theme": BilingualText("تبديل المظهر الفاتح والداكن", "Switch between light and dark"),
    "headline": BilingualText("النتائج", "Results"),
    "headline_note": BilingualText(
        "تحت كل قيمة فترة ثقتها؛ واختر اسم المقياس لقراءة معناه. وما عليه ↓ فالأقلّ فيه أفضل.",
        "Under each figure is its interval; choose a metric to read what it means. "
        "Where there is ↓, less is better.",
    ),
    "set": BilingualText("المجموعة", "Set"),
    "all_figures": BilingualText("كل المقاييس", "All figures"),
    "metric": BilingualText("المقياس", "Metric"),
    "value": BilingualText("القيمة", "Value"),
    "interval": BilingualText("فترة الثقة 95%", "95% interval"),
    "count": BilingualText("عدد الأسئلة", "Questions"),
    "answerable": BilingualText("لها جواب", "Answerable"),
    "unanswerable": BilingualText("لا جواب لها", "Unanswerable"),
    "answered": BilingualText("أُجيب عنها", "Answered"),
    "abstained": BilingualText("امتُنع عنها", "Refused"),
    "errors": BilingualText("أعطال", "Errors"),
    "comparison": BilingualText("المقارنة بالمرجع", "Against the baseline"),
    "baseline": BilingualText("المرجع", "Baseline"),
    "ours": BilingualText("هذا التقييم", "This run"),
    "difference": BilingualText("الفرق", "Difference"),
    "p": BilingualText("الاحتمال p", "p"),
    "p_corrected": BilingualText("p بعد التصحيح", "p, corrected"),
    "verdict": BilingualText("الخلاصة", "Verdict"),
    "comparison_note": BilingualText(
        "الاحتمال p هو احتمال ظهور فرق بهذا القدر أو أكبر بالمصادفة وحدها؛ ويُصحَّح (Holm) "
        "لكثرة المقارنات.",
        "p is how likely chance alone shows such a difference or more; it is corrected (Holm) "
        "for the number of comparisons.",
    ),
    "slices": BilingualText("النتائج بحسب الفئة", "Results by slice"),
    "slices_note": BilingualText(
        "الصفوف الباهتة فئات فيها أقلّ من 5 أسئلة، فلا يُعوَّل على قيمها.",
        "Pale rows are slices of fewer than 5 questions: do not rely on them.",
    ),
    "robustness": BilingualText("الصمود أمام تشويش الأسئلة", "Robustness"),
    "robustness_note": BilingualText(
        "تحت كل قيمة ما خسرته عن الأسئلة السليمة.",
        "Under each figure is what it loses against the clean questions.",
    ),
    "noise": BilingualText("نوع التشويش", "Noise"),
    "changed": BilingualText("أسئلة تغيّرت", "Changed"),
    "loss": BilingualText("الخسارة", "loss"),
    "plots": BilingualText("الرسوم البيانية", "Plots"),
    "failures": BilingualText("أبرز الإخفاقات", "Worst failures"),
    "failures_note": BilingualText(
        "الأعطال أولًا، ثم الأجوبة الخاطئة بدءًا بأعلاها ثقة، ثم الامتناع الخاطئ، "
        "ثم ما لم يُعثر على المطلوب فيه.",
        "Errors first, then wrong answers from the most confident down, wrong refusals, and what "
        "was not found.",
    ),
    "no_failures": BilingualText("لا إخفاقات في هذه المجموعة.", "No failures in this set."),
    "kind0": BilingualText("عطل", "Error"),
    "kind1": BilingualText("جواب خاطئ", "Wrong answer"),
    "kind2": BilingualText("امتناع خاطئ", "Wrong refusal"),
    "kind3": BilingualText("لم يُعثر على المطلوب", "Not found"),
    "expected": BilingualText("الجواب المتوقَّع", "Expected"),
    "given": BilingualText("جواب النظام", "Given"),
    "asked": BilingualText("كما طُرح", "As asked"),
    "no_answer": BilingualText("لا جواب له في النص", "Nothing in the text answers it"),
    "unknown": BilingualText("غير معروف", "Not known"),
    "refusal": BilingualText("امتنع عن الجواب", "Refused to answer"),
    "cited": BilingualText("المقطع المستشهَد به", "Cited passage"),
    "reason": BilingualText("السبب", "Reason"),
    "error_text": BilingualText("العطل", "Error"),
    "confidence": BilingualText("الثقة", "Confidence"),
    "hits": BilingualText("النتائج الأولى", "First hits"),
    "figures": BilingualText("المقاييس", "Figures"),
    "about_question": BilingualText("عن السؤال", "About the question"),
    "all": BilingualText("كل الأسئلة", "All questions"),
    "search": BilingualText("ابحث في الأسئلة والأجوبة", "Search questions and answers"),
    "search_note": BilingualText(
        "لا فرق في البحث بين صور الهمزة، ولا أثر للتشكيل.",
        "Diacritics and forms of hamza make no difference.",
    ),
    "state": BilingualText("الحكم", "Judgement"),
    "every": BilingualText("الكل", "All"),
    "variant": BilingualText("صيغة السؤال", "Variant"),
    "clean": BilingualText("كما هو", "As it is"),
    "shown_figure": BilingualText("المقياس المعروض", "Figure shown"),
    "right": BilingualText("صواب", "Right"),
    "wrong": BilingualText("خطأ", "Wrong"),
    "refused": BilingualText("امتناع", "Refused"),
    "error": BilingualText("عطل", "Error"),
    "refused-right": BilingualText("امتناع صائب", "Rightly refused"),
    "refused-wrong": BilingualText("امتناع خاطئ", "Wrongly refused"),
    "unjudged": BilingualText("بلا حكم", "Not judged"),
    "qid": BilingualText("الرقم", "ID"),
    "question": BilingualText("السؤال", "Question"),
    "answer": BilingualText("الجواب", "Answer"),
    "of": BilingualText("من", "of"),
    "previous": BilingualText("السابق", "Previous"),
    "next": BilingualText("التالي", "Next"),
    "none": BilingualText("لا أسئلة توافق ما اخترته.", "No question fits what you chose."),
    "script": BilingualText(
        "يحتاج هذا الجدول إلى تفعيل JavaScript؛ والأسئلة كلها في الملف questions.csv.",
        "This table needs JavaScript; all questions are in questions.csv.",
    ),
    "problems": BilingualText("ملاحظات على المجموعات", "Problems in the sets"),
    "no_problems": BilingualText("لا ملاحظات.", "None."),
    "place": BilingualText("الموضع", "Place"),
    "message": BilingualText("الملاحظة", "Problem"),
    "configuration": BilingualText("الإعدادات", "Configuration"),
    "glossary": BilingualText("معاني المقاييس", "What the figures mean"),
    "p50": BilingualText("الوسيط", "median"),
    "p95": BilingualText("المئين 95", "95th percentile"),
    "p99": BilingualText("المئين 99", "99th percentile"),
    "mean": BilingualText("المتوسط", "mean"),
}
COUNTS = ("answerable", "unanswerable", "answered", "abstained", "errors")
LATENCIES = ("p50", "p95", "p99", "mean")
SCRIPT_LABELS = (
    "right wrong refused error refused-right refused-wrong unjudged qid question answer state "
    "confidence asked expected given cited reason error_text hits figures about_question set "
    "variant clean every no_answer unknown refusal none of shown_figure"
).split()
"""The labels that the page's script uses."""


def more_rows(embedded: str, total: str) -> BilingualText:
    """Return the note that the page holds only some of the questions."""
    return BilingualText(
        f"في هذه الصفحة {embedded} من أصل {total}؛ والباقي في الملف questions.csv "
        "في مجلد كل مجموعة.",
        f"This page has {embedded} of {total}; the rest is in each set's questions.csv.",
    )


def more_problems(count: str) -> BilingualText:
    """Return the note that more problems were found than are shown."""
    return BilingualText(f"وعدد ما لم يُعرض منها {count}.", f"{count} more are not shown.")
