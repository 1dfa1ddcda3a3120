"""Every citation of every answer is a slice of its document, character for character."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.load import LoadedDocuments
from cica_qa.index.build import update_index
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Answer, Document, Turn

ROOT = Path(__file__).resolve().parents[2]
# Licences keep these sets out of the project; they lie beside it where it is developed.
SHARED = Path(os.environ.get("CICA_SHARED_DATA", ROOT.parent / "shared/data"))


def open_pipeline(index_dir: Path, encoder: Encoder) -> Pipeline:
    settings = Settings()
    return Pipeline(
        Retriever(index_dir, encoder, settings), ExtractiveAnswerer(settings.answer_threshold)
    )


def assert_exact(answer: Answer, texts: dict[str, str]) -> None:
    assert answer.abstained == (not answer.citations), answer.question
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    passages = {hit.passage.passage_id: hit.passage for hit in answer.hits}
    for citation in answer.citations:
        passage = passages[citation.passage_id]
        text = texts[citation.doc_id]
        assert text[citation.start : citation.end] == citation.quote != ""
        assert passage.doc_id == citation.doc_id
        assert passage.start <= citation.start < citation.end <= passage.end
        assert text[passage.start : passage.end] == passage.text


def test_over_the_questions_of_the_article(
    corpus_index: Path, encoder: Encoder, question_set: list[dict[str, str]]
) -> None:
    pipeline = open_pipeline(corpus_index, encoder)
    source = (ROOT / "corpus/documents/cica.txt").read_bytes().decode("utf-8-sig")
    answered = 0
    for entry in question_set:
        earlier = entry.get("prior_question")
        history = [Turn(earlier, entry["prior_answer"])] if earlier else []
        answer = pipeline.ask(entry["question"], history)
        assert_exact(answer, {"cica.txt": source})
        answered += not answer.abstained
    assert answered > 30


def test_over_the_paragraphs_and_questions_of_xquad(encoder: Encoder, tmp_path: Path) -> None:
    """A tenth of the set, which takes some ten seconds; with CICA_ALL=1 all of it."""
    file = SHARED / "xquad_ar.jsonl"
    if not file.is_file():
        pytest.skip(f"no {file.name} beside the project (CICA_SHARED_DATA names its folder)")
    entries = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    texts = {entry["context_id"]: entry["context"] for entry in entries}
    assert (len(texts), len(entries)) == (240, 1190)
    if not os.environ.get("CICA_ALL"):
        texts = dict(list(texts.items())[::10])
        entries = [entry for entry in entries if entry["context_id"] in texts]
    documents = [Document(doc_id, "", text) for doc_id, text in texts.items()]
    update_index(LoadedDocuments(documents), tmp_path / "index", encoder, Settings())
    pipeline = open_pipeline(tmp_path / "index", encoder)
    answers = pipeline.ask_many(entry["question"] for entry in entries)
    for answer in answers:
        assert_exact(answer, texts)
    assert sum(not answer.abstained for answer in answers) > len(answers) / 4
