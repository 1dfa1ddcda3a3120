"""Question sets of every format and with every fault: what is read and what is reported."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.formats.trec import read_qrels, read_trec_run
from cica_qa.evaluation.sets import read_set
from cica_qa.evaluation.types import Gold, Question, RunHit, SetProblem
from cica_qa.types import Document, Turn

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("CICA_DATA", ROOT.parent / "shared" / "data"))
CICA = ROOT / "corpus/questions/cica.jsonl"
CONTEXT = "تقع الأمانة العامة في نور سلطان."
CONTEXT_ID = hashlib.sha256(CONTEXT.encode()).hexdigest()[:12]


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def read(path: Path) -> tuple[list[Question], list[tuple[int, str]]]:
    """Return the questions of a set, and the line and kind of each of its problems."""
    found = read_set(path)
    return list(found), [(problem.line, problem.kind) for problem in found.problems]


def test_a_question_of_each_kind_in_our_own_format() -> None:
    found = read_set(CICA)
    questions = {question.qid: question for question in found}
    assert (len(questions), found.problems, found.documents()) == (66, [], None)
    assert (found.name, found.format, found.unit) == ("cica", "jsonl", "section")
    assert questions["s02"] == Question(
        qid="s02",
        text="في أي مدينة عُقد أول اجتماع لوزراء الخارجية؟",
        golds=(Gold("ألماتي، كازاخستان"), Gold("ألماتي")),
        answerable=True,
        relevant={"خلفية تاريخية": 1},
        columns={"type": "fact", "dialect": "msa"},
        line=2,
    )
    every = {qid for qid, question in questions.items() if question.all_of}
    lists = {f"s{n:02}" for n in (*range(9, 19), 22, 25)}
    assert every == lists | {"s36", "s45", "s66"}
    assert [gold.text for gold in questions["s18"].golds] == ["1992", "28 دولة عضواً"]
    assert len(questions["s18"].relevant) == 2
    assert [gold.text for gold in questions["s39"].golds][2].endswith("(OSCE)")
    assert questions["s61"].history == (
        Turn(
            "ما هو مؤتمر التفاعل وإجراءات بناء الثقة في آسيا؟",
            "منتدى هامًا لتعزيز السلام والأمن والاستقرار في آسيا",
        ),
    )
    unanswerable = questions["s47"]
    assert (unanswerable.golds, unanswerable.answerable, unanswerable.relevant) == ((), False, {})


def test_contexts_become_documents_each_once(tmp_path: Path) -> None:
    row = {
        "qid": 7,
        "question": "أين؟",
        "context_id": "c1",
        "context": CONTEXT,
        "title": "الأمانة",
        "answers": ["نور سلطان", "سلطان"],
        "answer_starts": [22, 26],
        "is_impossible": False,
        "language": "ar",
        "rank": 3,
        "pair_id": None,
        "noise": ["a"],
    }
    found = read_set(jsonl(tmp_path / "x.data", row, {**row, "qid": "8"}))
    first, second = found
    assert first == Question(
        qid="7",
        text="أين؟",
        golds=(Gold("نور سلطان", 22, "c1"), Gold("سلطان", 26, "c1")),
        answerable=True,
        relevant={"c1": 1},
        columns={"language": "ar", "rank": "3"},
        line=1,
    )
    assert (second.qid, second.line, found.problems) == ("8", 2, [])
    for _ in range(2):
        assert list(found.documents() or ()) == [Document("c1", "الأمانة", CONTEXT)]
    assert (found.name, found.format, found.unit) == ("x", "jsonl", "document")


@pytest.mark.parametrize(
    "history",
    [[{"question": "من؟", "answer": "هو"}], [["من؟", "هو"]]],
    ids=["objects", "pairs"],
)
def test_the_turns_of_a_conversation(history: list[object], tmp_path: Path) -> None:
    questions, problems = read(jsonl(tmp_path / "x", {"question": "وأين؟", "history": history}))
    assert (questions[0].history, problems) == ((Turn("من؟", "هو"),), [])


def test_a_bulleted_answer_alone_is_its_items(tmp_path: Path) -> None:
    row = {"question": "ما هي؟", "gold_answer": "• أولًا\n  • ثانيًا"}
    question = next(iter(read_set(jsonl(tmp_path / "x", row))))
    assert (question.golds, question.all_of) == ((Gold("أولًا"), Gold("ثانيًا")), True)


ARABIC_TABLE = (
    "المعرّف;السؤال;الإجابة;السياق;العنوان;المصدر;قابل للإجابة;نوع;اللهجة;المجال\r\n"
    f'س1;أين؟;نور سلطان | سلطان;"{CONTEXT}";الأمانة;د1;نعم;fact;msa;إدارة\r\n'
    '\r\nس2;"ما\r\nالاسم؟";;;;;لا;;;\r\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", ";\t")
def test_a_table_with_arabic_headers(encoding: str, delimiter: str, tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_bytes(ARABIC_TABLE.replace(";", delimiter).encode(encoding))
    found = read_set(file)
    assert list(found) == [
        Question(
            qid="س1",
            text="أين؟",
            golds=(Gold("نور سلطان", 22, "د1"), Gold("سلطان", 26, "د1")),
            answerable=True,
            relevant={"د1": 1},
            columns={"type": "fact", "dialect": "msa", "المجال": "إدارة"},
            line=2,
        ),
        Question("س2", "ما\r\nالاسم؟", answerable=False, line=4),
    ]
    assert [problem.kind for problem in found.problems] == ["empty-context"]
    assert list(found.documents() or ()) == [Document("د1", "الأمانة", CONTEXT)]
    assert (found.format, found.unit) == ("table", "document")


def test_a_table_in_windows_1256_is_read_silently(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes("السؤال,الجواب,القسم\nأين تقع؟,في آسيا,الموقع\n".encode("cp1256"))
    questions, problems = read(file)
    assert questions == [
        Question("q2", "أين تقع؟", (Gold("في آسيا"),), relevant={"الموقع": 1}, line=2)
    ]
    assert problems == []
    assert read_set(file).unit == "section"


def test_lists_in_the_cells_of_a_table(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(
        'id,Question,Answers,history\n1,وأين؟,"[""أ"", ""ب | ج""]","[[""من؟"", ""هو""]]"\n',
        "utf-8",
    )
    questions, problems = read(file)
    assert questions[0].golds == (Gold("أ"), Gold("ب | ج"))
    assert (questions[0].history, problems) == ((Turn("من؟", "هو"),), [])


def test_a_table_without_a_question_says_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("number,ask,reply\n1,a,b\n", "utf-8")
    with pytest.raises(
        QuestionSetError, match=r"Found: number, ask, reply\. .*question, query, سؤ"
    ):
        read_set(file)


def test_unreadable_rows_of_a_table_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text('id,question,answer\n1,a,b,c\n2,"a" b,c\n3,a,b\n4,"a', "utf-8")
    questions, problems = read(file)
    assert [question.qid for question in questions] == ["3"]
    assert problems == [(2, "malformed"), (3, "malformed"), (5, "malformed")]


QAS = [
    {"id": "a", "question": "أين؟", "answers": [{"text": "نور سلطان", "answer_start": 22}] * 2},
    {"id": "b", "question": "متى؟", "answers": [], "is_impossible": True},
]
NESTED = {"data": [{"title": "ع", "paragraphs": [{"context": CONTEXT, "qas": QAS}]}]}
TITLE_LAST = {
    "version": "1.1",
    "data": [{"paragraphs": [{"context": CONTEXT, "qas": QAS}], "title": "ع"}],
}
ROWS = [
    {
        "id": qa["id"],
        "title": "ع",
        "context": CONTEXT,
        "question": qa["question"],
        "answers": {
            "text": [answer["text"] for answer in qa["answers"]],
            "answer_start": [answer["answer_start"] for answer in qa["answers"]],
        },
        "is_impossible": qa.get("is_impossible"),
    }
    for qa in QAS
]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    "content",
    [NESTED, TITLE_LAST, {"data": ROWS}, ROWS],
    ids=["nested", "title-last", "flat", "list"],
)
def test_squad_is_read(content: object, encoding: str, indent: int | None, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(content, ensure_ascii=False, indent=indent), encoding)
    found = read_set(file)
    assert list(found) == [
        Question("a", "أين؟", (Gold("نور سلطان", 22, CONTEXT_ID),), relevant={CONTEXT_ID: 1}),
        Question("b", "متى؟", answerable=False, relevant={CONTEXT_ID: 1}),
    ]
    assert list(found.documents() or ()) == [Document(CONTEXT_ID, "ع", CONTEXT)]
    assert (found.format, found.problems) == ("squad", [])


def test_faults_inside_squad_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    faulty = [1, [2], {"paragraphs": [3, {"context": "س", "id": "p", "qas": [4, QAS[1]]}]}]
    file.write_text(json.dumps({"data": [*faulty, {"paragraphs": [{"qas": 5}]}]}), "utf-8")
    questions, problems = read(file)
    assert [(question.qid, dict(question.relevant)) for question in questions] == [("b", {"p": 1})]
    assert problems == [(0, "malformed")] * 5


def test_truncated_squad_is_read_up_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps({"data": [*ROWS]}, ensure_ascii=False)[:-30], "utf-8")
    questions, problems = read(file)
    assert [question.qid for question in questions] == ["a"]
    assert problems == [(0, "malformed")]


def test_squad_truncated_before_a_title(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(TITLE_LAST, ensure_ascii=False)[:-16], "utf-8")
    found = read_set(file)
    assert [question.qid for question in found] == ["a", "b"]
    assert [document.title for document in found.documents() or ()] == [""]


def test_squad_without_ijson_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "cica_qa.evaluation.formats.squad", raising=False)
    monkeypatch.setitem(sys.modules, "ijson", None)
    file = tmp_path / "x.json"
    file.write_text("[]", "utf-8")
    with pytest.raises(QuestionSetError, match=r"pip install 'cica-qa\[evaluate\]'"):
        read_set(file)


def beir(folder: Path) -> Path:
    (folder / "qrels").mkdir(parents=True)
    jsonl(
        folder / "corpus.jsonl",
        {"_id": "d1", "title": "ع", "text": "نص"},
        {"_id": "d2", "title": "عنوان", "text": ""},
    )
    jsonl(
        folder / "queries.jsonl",
        {"_id": "1", "text": "أين؟", "metadata": {"level": 2, "more": []}},
        {"_id": "2", "text": "متى؟"},
        {"_id": "3", "text": "كم؟"},
    )
    header = "query-id\tcorpus-id\tscore\n"
    (folder / "qrels/train.tsv").write_text(header + "2\td1\t1\n", "utf-8")
    (folder / "qrels/test.tsv").write_text(header + "1\td1\t2\n1\td2\t0\n3\td2\t1\n", "utf-8")
    return folder


def test_beir_is_read(tmp_path: Path) -> None:
    found = read_set(beir(tmp_path / "scifact"))
    assert list(found) == [
        Question("1", "أين؟", relevant={"d1": 2}, columns={"level": "2"}, line=1),
        Question("3", "كم؟", relevant={"d2": 1}, line=3),
    ]
    assert list(found.documents() or ()) == [
        Document("d1", "ع", "نص"),
        Document("d2", "عنوان", "عنوان"),
    ]
    assert (found.name, found.format, found.unit) == ("scifact", "beir", "document")
    assert found.problems == []


def test_judgements_of_unknown_ids_are_reported(tmp_path: Path) -> None:
    folder = beir(tmp_path / "x")
    qrels = folder / "qrels/test.tsv"
    qrels.write_text(qrels.read_text("utf-8") + "9\td1\t1\n1\td9\t1\n1\td1\tgood\n", "utf-8")
    found = read_set(folder)
    assert len(list(found)) == 2
    assert [(p.file, p.line, p.kind) for p in found.problems] == [
        (str(qrels), 7, "malformed"),
        (str(qrels), 5, "unknown-qrel"),
        (str(qrels), 6, "unknown-qrel"),
    ]


def test_an_incomplete_beir_folder_is_refused(tmp_path: Path) -> None:
    folder = beir(tmp_path / "x")
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(QuestionSetError, match=r"lacks corpus\.jsonl\. Add"):
        read_set(folder)


TOPICS = """<top>
<num> Number: AR1
<title> مؤتمر آسيا &amp; الثقة

<desc> Description:
ما المؤتمر؟
</top>

<top><num>AR2</num><title></title><desc>متى
بدأ؟</desc></top>
<top>
<num> Number: AR3
<title> بلا نهاية
"""


@pytest.mark.parametrize("named", ["folder", "file"])
def test_trec_topics_with_their_judgements(named: str, tmp_path: Path) -> None:
    topics = tmp_path / "topics.txt"
    topics.write_text(TOPICS, "utf-8")
    (tmp_path / "my-qrels.txt").write_text("AR1 0 d1 2\nAR1 0 d2 0\nAR7 0 d2 1\n", "utf-8")
    found = read_set(tmp_path if named == "folder" else topics)
    assert list(found) == [
        Question("AR1", "مؤتمر آسيا & الثقة", relevant={"d1": 2}, line=1),
        Question("AR2", "متى بدأ؟", line=9),
    ]
    assert [(p.line, p.kind) for p in found.problems] == [(11, "malformed"), (3, "unknown-qrel")]
    assert (found.format, found.documents()) == ("trec", None)


def test_trec_topics_with_tabs(tmp_path: Path) -> None:
    file = tmp_path / "topics.tsv"
    file.write_text("101\tأين؟\n102\tمتى؟\n101\tكم؟\n", "utf-8")
    questions, problems = read(file)
    assert questions == [Question("101", "أين؟", line=1), Question("102", "متى؟", line=2)]
    assert problems == [(3, "duplicate-id")]


def test_a_run_is_sorted_by_score_and_ties_keep_their_order(tmp_path: Path) -> None:
    run = tmp_path / "run.txt"
    run.write_text("1 Q0 a 1 0.5 t\n1 Q0 b 2 0.9 t\n1 Q0 c 3 0.5 t\n2 Q0 a 1 -1e3 t\n", "utf-8")
    assert read_trec_run(run) == {
        "1": [RunHit("b", 0.9), RunHit("a", 0.5), RunHit("c", 0.5)],
        "2": [RunHit("a", -1000.0)],
    }


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("1 Q0 a 1 0.5 t\n1 Q0 b 2 0.5\n", ":2: not «qid Q0 docid rank score tag»"),
        ("1 Q0 a 1 nan t\n", ":1: not «qid"),
        ("1 Q0 a 1 0.5 t\n\n1 Q0 a 2 0.4 t\n", ":3: 'a' is there twice for question '1'"),
        ("", "is empty"),
    ],
)
def test_a_faulty_run_is_refused(lines: str, message: str, tmp_path: Path) -> None:
    run = tmp_path / "run.txt"
    run.write_text(lines, "utf-8")
    with pytest.raises(QuestionSetError, match=message):
        read_trec_run(run)


def test_judgements_by_question_and_document(tmp_path: Path) -> None:
    qrels = tmp_path / "qrels"
    qrels.write_text("q 0 a 1\nq 0 b -1\nr 0 a 2\nr 0 a\n", "utf-8")
    problems: list[SetProblem] = []
    assert read_qrels(qrels, problems) == {"q": {"a": 1, "b": -1}, "r": {"a": 2}}
    assert [(p.file, p.line, p.kind) for p in problems] == [(str(qrels), 4, "malformed")]


GOOD = {"id": "1", "question": "أين؟"}
AT = {"id": "2", "question": "أين؟", "context": CONTEXT}


@pytest.mark.parametrize(
    ("row", "kind", "kept"),
    [
        ('{"id": "2", "question": ', "malformed", False),
        ("[1]", "malformed", False),
        ("[" * 100_000, "malformed", False),
        ({"id": "2", "question": "أين؟", "answers": [["a"]]}, "malformed", False),
        ({"id": "2", "question": "أين؟", "history": "من؟"}, "malformed", False),
        ({"id": "2", "question": "أين؟", "history": [{"answer": "هو"}]}, "malformed", False),
        ({**AT, "answers": ["نور"], "answer_starts": [22, 3]}, "malformed", False),
        ({"id": "2", "question": " "}, "no-question", False),
        ({"id": "2", "questions": "أين؟"}, "no-question", False),
        (GOOD, "duplicate-id", False),
        ({**GOOD, "id": 1}, "duplicate-id", False),
        ({**GOOD, "answers": ["x"]}, "duplicate-id", True),
        ({"id": "1", "question": "متى انتهى؟"}, "duplicate-id", True),
        ({"id": "2", "question": "متى؟", "anwser": "x"}, "unknown-column", True),
        ({"id": "2", "question": "متى؟", "answers": "x"}, "answers-is-string", True),
        ({"id": "2", "question": "متى؟", "context": " "}, "empty-context", True),
        ({**AT, "answers": ["نور"], "answer_starts": [3]}, "wrong-offset", True),
    ],
)
def test_a_faulty_line_is_reported_with_its_place(
    row: object, kind: str, kept: bool, tmp_path: Path
) -> None:
    file = tmp_path / "x.jsonl"
    line = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)
    file.write_text(f"{json.dumps(GOOD)}\n{line}\n", "utf-8")
    found = read_set(file)
    for _ in range(2):
        assert [question.line for question in found] == [1, 2][: 1 + kept]
        assert (found.problems[-1].line, found.problems[-1].kind) == (2, kind)
        assert str(found.problems[0]).startswith(f"{file}:2: ")
        assert len(found.problems) == (2 if "questions" in line else 1)
    with pytest.raises(QuestionSetError, match=r"x\.jsonl:2: "):
        list(read_set(file, strict=True))


def test_a_misspelt_column_is_reported_once(tmp_path: Path) -> None:
    row = {"question": "أين؟", "anwser": "x", "السوالل": "y"}
    found = read_set(jsonl(tmp_path / "x", row, row))
    first, _ = found
    assert first.columns == {"anwser": "x", "السوالل": "y"}
    assert [problem.kind for problem in found.problems] == ["unknown-column"] * 2
    assert any("is it 'answer'" in problem.message for problem in found.problems)


def test_a_wrong_offset_is_corrected_if_the_answer_is_unique(tmp_path: Path) -> None:
    row = {**AT, "answers": ["نور", "ا", "بون"], "answer_starts": [3, 2, 5]}
    questions, problems = read(jsonl(tmp_path / "x", row))
    assert [gold.start for gold in questions[0].golds] == [22, -1, -1]
    assert problems == [(1, "wrong-offset")] * 3


def test_a_document_with_two_texts_is_reported(tmp_path: Path) -> None:
    rows = [{"id": n, "question": "أين؟", "doc_id": "d", "context": f"نص {n}"} for n in range(2)]
    assert read(jsonl(tmp_path / "x", *rows))[1] == [(2, "document-differs")]


def test_lines_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    lines = [json.dumps({"question": text}, ensure_ascii=False) for text in ("أين؟", "متى؟", "كم؟")]
    broken = "ما المؤتمر؟".encode()[:-1] + b"\n"
    file.write_bytes(
        lines[0].encode() + b"\n" + lines[1].encode("cp1256") + b"\n" + broken + lines[2].encode()
    )
    questions, problems = read(file)
    assert [question.text for question in questions] == ["أين؟", "متى؟", "كم؟"]
    assert problems == [(2, "encoding"), (3, "malformed")]


@pytest.mark.parametrize("content", ["", "\n\n", '{"question": ""}\n', "question,answer\n"])
def test_a_set_without_questions_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text(content, "utf-8")
    with pytest.raises(QuestionSetError, match=r"empty|no question that can be used"):
        list(read_set(file))


@pytest.mark.parametrize("content", [b"PK\x03\x04\0\0\x01\0\0", b"Some prose.", b"<html></html>"])
def test_an_unknown_format_is_refused_with_the_known_ones(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    with pytest.raises(QuestionSetError, match=r"CSV or TSV .* BEIR"):
        read_set(file)
    file.unlink()
    with pytest.raises(QuestionSetError, match="BEIR"):
        read_set(tmp_path)
    with pytest.raises(QuestionSetError, match="No such file"):
        read_set(file)


def test_the_fingerprint_depends_on_every_file(tmp_path: Path) -> None:
    folder = beir(tmp_path / "x")
    before = read_set(folder).fingerprint()
    assert before == read_set(beir(tmp_path / "y")).fingerprint()
    assert len(before) == 16
    for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        with (folder / name).open("a", encoding="utf-8") as stream:
            stream.write("\n")
        before, former = read_set(folder).fingerprint(), before
        assert before != former


KEYS = st.sampled_from(
    "id question answers gold_answer answer_starts context doc_id section is_impossible type "
    "history prior_question سؤال data".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(("text", "answer_start", "x")), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
ROW = st.dictionaries(KEYS | st.text(max_size=4), VALUES, max_size=6)


@given(st.lists(ROW, max_size=5), st.booleans())
def test_any_objects_give_questions_or_a_known_error(rows: list[dict[str, object]], whole: bool):
    with TemporaryDirectory() as folder:
        file = Path(folder, "x")
        lines = [json.dumps(row) for row in rows]
        file.write_text(f"[{','.join(lines)}]" if whole else "\n".join(lines), "utf-8")
        try:
            found = read_set(file)
            for question in found:
                assert question.text.strip()
                question.text.encode()
            for document in found.documents() or ():
                document.text.encode()
        except QuestionSetError:
            return


def write_large(file: Path, nested: bool) -> int:
    """Write about 15 MB of questions, each with its own context, and return their number."""
    count, long = 1000, "كلمات في سياق طويل " * 450
    with file.open("w", encoding="utf-8") as stream:
        stream.write('{"data": [{"title": "t", "paragraphs": [' if nested else "")
        for n in range(count):
            asked = {"id": f"q{n}", "question": "أين؟"}
            row = {"context": f"{n} {long}"} | ({"qas": [asked]} if nested else asked)
            stream.write(json.dumps(row, ensure_ascii=False))
            stream.write(("," if n < count - 1 else "]}]}") if nested else "\n")
    return count


@pytest.mark.parametrize("nested", [False, True], ids=["jsonl", "squad"])
def test_a_large_set_is_not_held_in_memory(nested: bool, tmp_path: Path) -> None:
    file = tmp_path / "large"
    count = write_large(file, nested)
    assert file.stat().st_size > 14_000_000
    tracemalloc.start()
    try:
        found = read_set(file)
        assert sum(1 for _ in found) == count
        assert sum(1 for _ in found.documents() or ()) == count
        assert tracemalloc.get_traced_memory()[1] < 7_500_000
    finally:
        tracemalloc.stop()


def test_a_repeated_id_is_made_unique(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    rows = [{"id": "1", "question": f"سؤال {at}"} for at in (1, 2, 2, 3)]
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    questions, problems = read(file)
    assert [question.qid for question in questions] == ["1", "1#2", "1#3"]
    assert problems == [(2, "duplicate-id"), (3, "duplicate-id"), (4, "duplicate-id")]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no question sets in {DATA}")
@pytest.mark.parametrize(
    ("name", "questions", "documents", "problems"),
    [
        ("xquad_ar", 1190, 240, {}),
        ("arcd_train", 693, 231, {"wrong-offset": 3}),
        ("mlqa_ar_dev", 517, 439, {}),
        ("ardqa_dev", 2286, 103, {}),
        ("tydiqa_other", 12205, 9943, {"duplicate-id": 4}),
        ("xquad_other", 13090, 2640, {"duplicate-id": 11900}),
    ],
)
def test_the_public_sets_are_read_completely(
    name: str, questions: int, documents: int, problems: dict[str, int]
) -> None:
    found = read_set(DATA / f"{name}.jsonl")
    assert sum(1 for _ in found) == questions
    assert sum(1 for _ in found.documents() or ()) == documents
    assert Counter(problem.kind for problem in found.problems) == problems
