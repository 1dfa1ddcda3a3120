"""Every word of the report that is no figure's name, in Arabic and in English."""

from __future__ import annotations

from cica_qa.evaluation.report.words import Text

LABELS: dict[str, Text] = {
    "report": Text("تقرير التقييم", "Evaluation report"),
    "about": Text(
        "ما أصاب فيه النظام وما أخطأ، مع فترة ثقة 95% لكل قيمة.",
        "What the system got right and wrong, each figure with its 95% interval.",
    ),
    "skip": Text("انتقل إلى النتائج", "Skip to the results"),
    "parts": Text("أقسام التقرير", "Parts of the report"),
    "theme": Text("تبديل المظهر الفاتح والداكن", "Switch between light and dark"),
    "headline": Text("النتائج", "Results"),
    "headline_note": Text(
        "تحت كل قيمة فترة ثقتها؛ واختر اسم المقياس لقراءة معناه. وما عليه ↓ فالأقلّ فيه أفضل.",
        "Under each figure is its interval; choose a metric to read what it means. "
        "Where there is ↓, less is better.",
    ),
    "set": Text("المجموعة", "Set"),
    "all_figures": Text("كل المقاييس", "All figures"),
    "metric": Text("المقياس", "Metric"),
    "value": Text("القيمة", "Value"),
    "interval": Text("فترة الثقة 95%", "95% interval"),
    "count": Text("عدد الأسئلة", "Questions"),
    "answerable": Text("لها جواب", "Answerable"),
    "unanswerable": Text("لا جواب لها", "Unanswerable"),
    "answered": Text("أُجيب عنها", "Answered"),
    "abstained": Text("امتُنع عنها", "Refused"),
    "errors": Text("أعطال", "Errors"),
    "comparison": Text("المقارنة بالمرجع", "Against the baseline"),
    "baseline": Text("المرجع", "Baseline"),
    "ours": Text("هذا التقييم", "This run"),
    "difference": Text("الفرق", "Difference"),
    "p": Text("الاحتمال p", "p"),
    "p_corrected": Text("p بعد التصحيح", "p, corrected"),
    "verdict": Text("الخلاصة", "Verdict"),
    "comparison_note": Text(
        "الاحتمال p هو احتمال ظهور فرق بهذا القدر أو أكبر بالمصادفة وحدها؛ ويُصحَّح (Holm) "
        "لكثرة المقارنات.",
        "p is how likely chance alone shows such a difference or more; it is corrected (Holm) "
        "for the number of comparisons.",
    ),
    "slices": Text("النتائج بحسب الفئة", "Results by slice"),
    "slices_note": Text(
        "الصفوف الباهتة فئات فيها أقلّ من 5 أسئلة، فلا يُعوَّل على قيمها.",
        "Pale rows are slices of fewer than 5 questions: do not rely on them.",
    ),
    "robustness": Text("الصمود أمام تشويش الأسئلة", "Robustness"),
    "robustness_note": Text(
        "تحت كل قيمة ما خسرته عن الأسئلة السليمة.",
        "Under each figure is what it loses against the clean questions.",
    ),
    "noise": Text("نوع التشويش", "Noise"),
    "changed": Text("أسئلة تغيّرت", "Changed"),
    "loss": Text("الخسارة", "loss"),
    "plots": Text("الرسوم البيانية", "Plots"),
    "failures": Text("أبرز الإخفاقات", "Worst failures"),
    "failures_note": Text(
        "الأعطال أولًا، ثم الأجوبة الخاطئة بدءًا بأعلاها ثقة، ثم الامتناع الخاطئ، "
        "ثم ما لم يُعثر على المطلوب فيه.",
        "Errors first, then wrong answers from the most confident down, wrong refusals, and what "
        "was not found.",
    ),
    "no_failures": Text("لا إخفاقات في هذه المجموعة.", "No failures in this set."),
    "kind0": Text("عطل", "Error"),
    "kind1": Text("جواب خاطئ", "Wrong answer"),
    "kind2": Text("امتناع خاطئ", "Wrong refusal"),
    "kind3": Text("لم يُعثر على المطلوب", "Not found"),
    "expected": Text("الجواب المتوقَّع", "Expected"),
    "given": Text("جواب النظام", "Given"),
    "asked": Text("كما طُرح", "As asked"),
    "no_answer": Text("لا جواب له في النص", "Nothing in the text answers it"),
    "unknown": Text("غير معروف", "Not known"),
    "refusal": Text("امتنع عن الجواب", "Refused to answer"),
    "cited": Text("المقطع المستشهَد به", "Cited passage"),
    "reason": Text("السبب", "Reason"),
    "error_text": Text("العطل", "Error"),
    "confidence": Text("الثقة", "Confidence"),
    "hits": Text("النتائج الأولى", "First hits"),
    "figures": Text("المقاييس", "Figures"),
    "about_question": Text("عن السؤال", "About the question"),
    "all": Text("كل الأسئلة", "All questions"),
    "search": Text("ابحث في الأسئلة والأجوبة", "Search questions and answers"),
    "search_note": Text(
        "لا فرق في البحث بين صور الهمزة، ولا أثر للتشكيل.",
        "Diacritics and forms of hamza make no difference.",
    ),
    "state": Text("الحكم", "Judgement"),
    "every": Text("الكل", "All"),
    "variant": Text("صيغة السؤال", "Variant"),
    "clean": Text("كما هو", "As it is"),
    "shown_figure": Text("المقياس المعروض", "Figure shown"),
    "right": Text("صواب", "Right"),
    "wrong": Text("خطأ", "Wrong"),
    "refused": Text("امتناع", "Refused"),
    "error": Text("عطل", "Error"),
    "refused-right": Text("امتناع صائب", "Rightly refused"),
    "refused-wrong": Text("امتناع خاطئ", "Wrongly refused"),
    "unjudged": Text("بلا حكم", "Not judged"),
    "qid": Text("الرقم", "ID"),
    "question": Text("السؤال", "Question"),
    "answer": Text("الجواب", "Answer"),
    "of": Text("من", "of"),
    "previous": Text("السابق", "Previous"),
    "next": Text("التالي", "Next"),
    "none": Text("لا أسئلة توافق ما اخترته.", "No question fits what you chose."),
    "script": Text(
        "يحتاج هذا الجدول إلى تفعيل JavaScript؛ والأسئلة كلها في الملف questions.csv.",
        "This table needs JavaScript; all questions are in questions.csv.",
    ),
    "problems": Text("ملاحظات على المجموعات", "Problems in the sets"),
    "no_problems": Text("لا ملاحظات.", "None."),
    "place": Text("الموضع", "Place"),
    "message": Text("الملاحظة", "Problem"),
    "configuration": Text("الإعدادات", "Configuration"),
    "glossary": Text("معاني المقاييس", "What the figures mean"),
    "p50": Text("الوسيط", "median"),
    "p95": Text("المئين 95", "95th percentile"),
    "p99": Text("المئين 99", "99th percentile"),
    "mean": Text("المتوسط", "mean"),
}
COUNTS = ("answerable", "unanswerable", "answered", "abstained", "errors")
LATENCIES = ("p50", "p95", "p99", "mean")
SCRIPT = (
    "right wrong refused error refused-right refused-wrong unjudged qid question answer state "
    "confidence asked expected given cited reason error_text hits figures about_question set "
    "variant clean every no_answer unknown refusal none of shown_figure"
).split()
"""The labels that the script of the page needs."""


def more_rows(embedded: str, total: str) -> Text:
    """Say that the page holds only some of the questions."""
    return Text(
        f"في هذه الصفحة {embedded} من أصل {total}؛ والباقي في الملف questions.csv "
        "في مجلد كل مجموعة.",
        f"This page has {embedded} of {total}; the rest is in each set's questions.csv.",
    )


def more_problems(count: str) -> Text:
    """Say that more problems were found than are shown."""
    return Text(f"وعدد ما لم يُعرض منها {count}.", f"{count} more are not shown.")
