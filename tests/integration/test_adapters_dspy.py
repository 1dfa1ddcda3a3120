"""The retriever in DSPy: copying and saving a program, and citations."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import dspy
import pytest
from adapters import QUESTIONS, article_of, require_cited, require_polite, run_page
from dspy.utils import DummyLM

from cica_qa.errors import QuestionError, SettingsError
from cica_qa.integrations.dspy import CicaRetriever
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever

QUESTION = QUESTIONS[0]


@pytest.fixture(scope="module")
def article(corpus_index: Path, encoder: Encoder) -> Retriever:
    return article_of(corpus_index, encoder)


class Program(dspy.Module):
    def __init__(self, article: Retriever) -> None:
        super().__init__()
        self.retrieve = CicaRetriever(article, k=2)
        self.answer = dspy.Predict("passages: list[str], question -> answer")

    def forward(self, question: str) -> dspy.Prediction:
        found = self.retrieve(question)
        answer = self.answer(passages=found.passages, question=question).answer
        return dspy.Prediction(answer=answer, metadata=found.metadata)


@pytest.mark.parametrize("question", QUESTIONS)
def test_passages_are_cited_in_the_order_of_the_search(article: Retriever, question: str) -> None:
    found = CicaRetriever(article, k=4)(question)
    assert found.passages == [hit.passage.text for hit in article.search(question, 4)]
    assert [metadata["rank"] for metadata in found.metadata] == [1, 2, 3, 4]
    for passage, metadata in zip(found.passages, found.metadata, strict=True):
        require_cited(passage, metadata, article)


def test_async_finds_the_same(article: Retriever) -> None:
    retrieve = CicaRetriever(article)

    async def together() -> list[dspy.Prediction]:
        return list(await asyncio.gather(*(retrieve.acall(question) for question in QUESTIONS)))

    for found, question in zip(asyncio.run(together()), QUESTIONS, strict=True):
        assert found.toDict() == retrieve(question).toDict()


def test_options_are_those_of_the_search(article: Retriever) -> None:
    assert len(CicaRetriever(article)(QUESTION, k=1).passages) == 1
    assert CicaRetriever(article, documents=["nowhere"])(QUESTION).passages == []
    assert CicaRetriever(article, where={"doc_id": "nowhere"})(QUESTION).passages == []
    assert len(CicaRetriever(article, where={"doc_id": "cica.txt"})(QUESTION).passages) == 5
    read = CicaRetriever(article, rerank=True)(QUESTION)
    hits = article.search(QUESTION, rerank=True)
    assert [m["passage_id"] for m in read.metadata] == [h.passage.passage_id for h in hits]
    with pytest.raises(QuestionError):
        CicaRetriever(article)("  ")
    with pytest.raises(SettingsError, match="at least 1"):
        CicaRetriever(article, k=0)(QUESTION)


def test_a_program_is_copied_and_saved(article: Retriever, tmp_path: Path) -> None:
    program = Program(article)
    copy = program.deepcopy()
    assert copy.retrieve is not program.retrieve
    assert copy.retrieve.retriever is article
    program.save(str(tmp_path / "program.json"))
    copy.load(str(tmp_path / "program.json"))
    model = DummyLM([{"answer": "28"}])
    with dspy.context(lm=model):
        found = copy(QUESTION)
    assert found.answer == "28"
    asked = model.history[-1]["messages"][-1]["content"]
    for metadata in found.metadata:
        text = article.store.document(metadata["doc_id"]).text
        passage = text[metadata["start"] : metadata["end"]]
        assert json.dumps(passage, ensure_ascii=False) in asked


def test_the_page_runs(
    corpus_index: Path, model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page("dspy.md", corpus_index, model_cache, tmp_path, monkeypatch)


def test_an_absent_extra_is_named_and_nothing_leaves_the_machine(tmp_path: Path) -> None:
    code = """
from cica_qa.integrations.dspy import CicaRetriever
import dspy
from dspy.utils import DummyLM
with dspy.context(lm=DummyLM([{"answer": "28"}])):
    passages = CicaRetriever(retriever)(question).passages
    assert dspy.Predict("passages: list[str], question -> answer")(
        passages=passages, question=question
    ).answer == "28"
"""
    require_polite("cica_qa.integrations.dspy", "dspy", "dspy", code, tmp_path)
