"""What a search promises, whatever the question, and what its hits say of themselves."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from word_encoder import build

from cica_qa.documents.load import LoadedDocuments
from cica_qa.errors import QuestionError, SettingsError
from cica_qa.index.build import update_index
from cica_qa.models.encoder import load_encoder
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit

SHANGHAI = Document(
    "shanghai",
    "منظمة شنغهاي للتعاون",
    "تأسست المنظمة عام 2001، ومقرها بكين.\n\nعدد أعضائها عشرة، وتعقد قمة كل عام.",
)
OPEC = Document(
    "opec",
    "منظمة الدول المصدرة للنفط",
    "تأسست المنظمة عام 1960، ومقرها فيينا.\n\nعدد أعضائها اثنا عشر عضوا.",
)
FOOD = Document("food", "الزراعة", "يحتاج نبات الطماطم إلى الري المنتظم وضوء الشمس والسماد.")


@pytest.fixture(scope="module")
def article(corpus_index: Path, encoder: Encoder) -> Retriever:
    return Retriever(corpus_index, encoder, Settings())


@pytest.fixture(scope="module")
def titled(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    index = tmp_path_factory.mktemp("titled") / "index"
    update_index(LoadedDocuments([SHANGHAI, OPEC, FOOD]), index, encoder, Settings())
    return Retriever(index, encoder, Settings())


def sections(hits: list[Hit]) -> list[str]:
    return [hit.passage.headings[-1] if hit.passage.headings else "" for hit in hits]


def require_sound(hits: list[Hit]) -> None:
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert len({hit.passage.passage_id for hit in hits}) == len(hits)
    assert all(math.isfinite(hit.score) for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


# ---- awkward questions ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "ما هو؟",
        "من؟",
        "م",
        "28",
        "٢٨",
        "؟ لا",
        "\u0640 م \u0640",
        "🙂 كم",
        "CICA",
        "x",
        "كلمة " * 390,
    ],
)
def test_awkward_questions_have_hits(article: Retriever, question: str) -> None:
    hits = article.search(question, 4)
    assert len(hits) == 4
    require_sound(hits)


def test_a_question_of_two_thousand_words_is_searched_where_it_is_allowed(
    corpus_index: Path, encoder: Encoder
) -> None:
    words = "كم عدد الدول الأعضاء في مؤتمر التفاعل وإجراءات بناء الثقة في آسيا؟".split()
    question = " ".join((words * 200)[:2000])
    with pytest.raises(QuestionError):
        Retriever(corpus_index, encoder, Settings()).search(question)
    patient = Retriever(corpus_index, encoder, Settings(max_question_chars=20_000))
    hits = patient.search(question, 3)
    require_sound(hits)
    assert sections(hits)[0] == "العضوية في مؤتمر التفاعل وإجراءات بناء الثقة في آسيا"


@pytest.mark.parametrize("k", [0, -1])
def test_a_k_below_one_is_refused(article: Retriever, k: int) -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        article.search("كم عدد الدول؟", k)


def test_a_k_beyond_the_collection_gives_all_of_it(article: Retriever) -> None:
    hits = article.search("كم عدد الدول الأعضاء؟", 10_000)
    assert len(hits) == len(article.store)
    require_sound(hits)


@pytest.mark.parametrize("documents", [[], ["nowhere"], {"", "x" * 999}])
def test_a_filter_that_matches_nothing_finds_nothing(
    article: Retriever, documents: list[str]
) -> None:
    assert article.search("كم عدد الدول؟", 5, documents=documents) == []


def test_a_filter_keeps_to_its_documents(titled: Retriever) -> None:
    hits = titled.search("متى تأسست منظمة شنغهاي؟", 9, documents=["opec", "food"])
    require_sound(hits)
    assert {hit.passage.doc_id for hit in hits} == {"opec", "food"}
    assert hits[0].passage.doc_id == "opec"


# ---- questions as people write them --------------------------------------------------------

SAME = [
    ("أين يقع مقر الأمانة العامة؟", "وين مقر الأمانة العامة؟"),
    ("أين يقع مقر الأمانة العامة؟", "فين مقر الامانه العامه"),
    ("أين يقع مقر الأمانة العامة؟", "أَيْنَ يَقَعُ مَقَرُّ ٱلْأَمَانَةِ ٱلْعَامَّةِ؟"),
    ("أين يقع مقر الأمانة العامة؟", "Where is the secretariat?"),
    ("ما أهداف المؤتمر؟", "شنو اهداف المؤتمر"),
    ("ما التحديات التي تواجه المؤتمر؟", "ايه التحدييات اللي بتواجه المؤتمر"),
    ("ما أهمية المؤتمر؟", "علاش المؤتمر مهم؟"),
    ("أين يقع مقر الأمانة العامة؟", "فين كاين المقر ديال الأمانة العامة؟"),
]


@pytest.mark.parametrize(("standard", "as_typed"), SAME)
def test_another_way_of_asking_finds_the_same_section(
    article: Retriever, standard: str, as_typed: str
) -> None:
    assert sections(article.search(as_typed, 1)) == sections(article.search(standard, 1))


def test_what_was_corrected_is_said(article: Retriever) -> None:
    clean, corrected = (article.search(q, 1)[0] for q in ("مجالات التعاون", "مجالات التعاوون"))
    assert clean.match.corrected == ()
    assert corrected.match.corrected == (("التعاوون", "التعاون"),)
    assert corrected.passage == clean.passage


def test_it_is_said_how_a_question_was_searched(article: Retriever) -> None:
    dialect, msa = "وين كاين مقرّ الامانه العامه؟", "أين يوجد مقر الأمانة العامة؟"
    assert [article.search(q, 1)[0].match.searched for q in (dialect, msa)] == [msa, msa]


@pytest.mark.parametrize("number", ["28", "٢٨", "ثمان وعشرون", "ثمانية وعشرين"])
def test_numbers_are_matched_however_they_are_written(article: Retriever, number: str) -> None:
    hit = article.search(f"ما الذي يضم {number} دولة؟", 1)[0]
    assert "28 دولة" in hit.passage.text
    assert hit.match.scores["lexical"] > 0


# ---- titles --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "doc_id"),
    [
        ("متى تأسست منظمة شنغهاي للتعاون؟", "shanghai"),
        ("متى تأسست منظمة الدول المصدرة للنفط؟", "opec"),
        ("كم عدد أعضاء منظمة شنغهاي؟", "shanghai"),
        ("كم عدد أعضاء منظمة النفط؟", "opec"),
    ],
)
def test_the_title_says_which_document_is_meant(
    titled: Retriever, question: str, doc_id: str
) -> None:
    best = titled.search(question, 1)[0]
    assert best.passage.doc_id == doc_id
    assert best.match.scores["title"] > 0


def test_the_title_adds_nothing_to_what_the_passage_says(titled: Retriever) -> None:
    """«منظمة» is in both titles, and in what stands under them."""
    hits = titled.search("متى تأسست المنظمة؟", 3)
    assert {hit.passage.doc_id for hit in hits[:2]} == {"shanghai", "opec"}
    assert {hit.match.scores["title"] for hit in hits} == {0.0}


# ---- other encoders, threads ---------------------------------------------------------------


def test_an_encoder_without_words_will_do(tmp_path: Path) -> None:
    from word_encoder import WordEncoder

    build([SHANGHAI, OPEC, FOOD], tmp_path / "index")
    hits = Retriever(tmp_path / "index", WordEncoder(), Settings()).search("أين مقر المنظمة؟", 3)
    require_sound(hits)
    assert all("alignment" not in hit.match.scores and not hit.match.words for hit in hits)


def test_the_reference_finds_what_the_compiled_encoder_finds(
    corpus_index: Path, article: Retriever, model_cache: Path, question_set: list[dict[str, str]]
) -> None:
    from cica_qa.models.encoder.compiled import CompiledEncoder
    from cica_qa.models.encoder.sentence_transformer import SentenceTransformerEncoder

    settings = Settings(model="bundled", cache_dir=model_cache)
    assert isinstance(load_encoder(settings), CompiledEncoder)
    reference = Retriever(corpus_index, SentenceTransformerEncoder.load(settings), settings)
    for entry in question_set[:20]:
        theirs, ours = (r.search(entry["question"], 3) for r in (reference, article))
        assert [hit.passage for hit in ours][:1] == [hit.passage for hit in theirs][:1]
        assert [h.score for h in ours] == pytest.approx([h.score for h in theirs], abs=0.01)


def test_threads_find_what_one_finds(
    article: Retriever, question_set: list[dict[str, str]]
) -> None:
    questions = [entry["question"] for entry in question_set[:16]] * 3
    alone = {question: article.search(question, 3) for question in questions}
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda question: article.search(question, 3), questions))
    for question, hits in zip(questions, together, strict=True):
        assert hits == alone[question]
