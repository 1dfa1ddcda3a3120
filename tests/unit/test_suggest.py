"""Suggested questions: each generated from a document and verified to be answered by it."""

from __future__ import annotations

from pathlib import Path

from word_encoder import WordEncoder, build

from cica_qa.answer.pipeline import Pipeline
from cica_qa.chat.suggest import Suggestions, candidates
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Answer, Citation, Document

BODY = "نص طويل بما يكفي ليكون تحت هذا العنوان شيء يُقرأ ويُجاب عنه.\n\n"
GUIDE = Document(
    "guide",
    "دليل الموظف",
    f"# دليل الموظف\n\n## الإجازات\n\n{BODY}## كيف أطلب إجازة؟\n\n{BODY}## Annexes\n\n{BODY}",
    metadata={"format": "markdown"},
)
FORM = Document("form", "بطاقة", "بطاقة\n\nرقم الهاتف: 920-001-234\nالعنوان: الرياض\nملاحظات:\n")
LAW = Document("law", "لائحة", "لائحة\n\nالمادة 1\nتسري على الجميع.\n\nالمادة 2\nتنفذ فورًا.\n")


def pipeline_over(folder: Path, *documents: Document) -> Pipeline:
    build(list(documents), folder / "index", WordEncoder())
    return Pipeline.of(Retriever(folder / "index", WordEncoder(), Settings(reader=False)))


def asked(folder: Path, *documents: Document) -> list[str]:
    store = pipeline_over(folder, *documents).retriever.store
    return [one.question for one in candidates(store)]


def test_headings_questions_fields_and_articles_become_questions(tmp_path: Path) -> None:
    assert asked(tmp_path / "a", GUIDE)[:2] == ["ما أبرز ما جاء في «الإجازات»؟", "كيف أطلب إجازة؟"]
    assert "ما رقم الهاتف؟" in asked(tmp_path / "b", FORM)
    assert "ما ملاحظات؟" not in asked(tmp_path / "b2", FORM)
    assert "ما نص المادة 2؟" in asked(tmp_path / "c", LAW)


def test_questions_name_their_document_if_there_are_several(tmp_path: Path) -> None:
    questions = asked(tmp_path, GUIDE, FORM)
    assert "ما رقم الهاتف في «بطاقة»؟" in questions
    assert questions.index("ما رقم الهاتف في «بطاقة»؟") < 4  # they take turns


class Knows(Pipeline):
    """Answers what it is told that it knows, from the document it was made for."""

    known: dict[str, str]

    def ask(self, question, history=(), *, k=5):
        if question not in self.known:
            return Answer(question, "لا", abstained=True)
        quote = Citation(1, "p", self.known[question], 0, 1, "ن")
        return Answer(question, "نعم", (quote,), confidence=0.9)


def test_a_heading_that_is_the_title_is_named_once(tmp_path: Path) -> None:
    text = f"الفهرس\n\n# دليل المكتبة\n\n{BODY}"
    library = Document("library", "دليل المكتبة", text, metadata={"format": "markdown"})
    questions = asked(tmp_path, library, FORM)
    assert "ما أبرز ما جاء في «دليل المكتبة»؟" in questions
    assert not any(one.count("دليل المكتبة") > 1 for one in questions)


def test_only_questions_answered_by_their_own_document_are_offered(tmp_path: Path) -> None:
    build([GUIDE, FORM], tmp_path / "index", WordEncoder())
    retriever = Retriever(tmp_path / "index", WordEncoder(), Settings(reader=False))
    pipeline = Knows.of(retriever)
    pipeline.known = {
        "مثال معروف": "form",
        "ما رقم الهاتف في «بطاقة»؟": "form",
        "ما العنوان في «بطاقة»؟": "guide",
    }
    suggestions = Suggestions(["مثال معروف", "مثال مرفوض"])
    suggestions.of(pipeline)
    suggestions.settled()
    assert suggestions.of(pipeline) == ["مثال معروف", "ما رقم الهاتف في «بطاقة»؟"]
    assert not suggestions.looking(pipeline)
    related = suggestions.related(pipeline, "مثال معروف", ["form"], 3)
    assert related == ["ما رقم الهاتف في «بطاقة»؟"]
    assert suggestions.related(pipeline, "x", ["guide"], 3) == ["مثال معروف"]
    suggestions.close()
