"""The retriever in LangChain: LangChain's standard tests, a chain, and citations."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from adapters import QUESTIONS, article_of, require_cited, require_polite, run_page
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import ConfigurableField, RunnablePassthrough
from langchain_tests.integration_tests import RetrieversIntegrationTests
from pydantic import ValidationError

from cica_qa.errors import FilterError, QuestionError, SettingsError
from cica_qa.integrations.langchain import CicaRetriever
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever

QUESTION = QUESTIONS[0]


@pytest.fixture(scope="module")
def article(corpus_index: Path, encoder: Encoder) -> Retriever:
    return article_of(corpus_index, encoder)


@pytest.mark.filterwarnings("ignore:.*is marked with '@pytest.mark.asyncio':")
@pytest.mark.asyncio
class TestStandard(RetrieversIntegrationTests):
    """LangChain's standard tests for retrievers."""

    @pytest.fixture(autouse=True)
    def _article(self, article: Retriever) -> None:
        self.article = article

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return CicaRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"retriever": self.article}

    @property
    def retriever_query_example(self) -> str:
        return QUESTION


@pytest.mark.parametrize("question", QUESTIONS)
def test_documents_are_cited_passages_in_the_order_of_the_search(
    article: Retriever, question: str
) -> None:
    documents = CicaRetriever(retriever=article, k=4).invoke(question)
    hits = article.search(question, 4)
    assert [d.page_content for d in documents] == [hit.passage.text for hit in hits]
    assert [d.metadata["score"] for d in documents] == [hit.score for hit in hits]
    assert [d.metadata["rank"] for d in documents] == [1, 2, 3, 4]
    for document, hit in zip(documents, hits, strict=True):
        require_cited(document.page_content, document.metadata, article)
        assert document.id == document.metadata["passage_id"]
        assert document.metadata["headings"] == list(hit.passage.headings)
        assert Document(**document.model_dump()) == document


def test_async_and_batches_find_the_same(article: Retriever) -> None:
    retriever = CicaRetriever(retriever=article, k=2)
    alone = [retriever.invoke(question) for question in QUESTIONS]

    async def together() -> list[list[Document]]:
        return list(await asyncio.gather(*map(retriever.ainvoke, QUESTIONS)))

    assert asyncio.run(together()) == alone
    assert retriever.batch(list(QUESTIONS)) == alone
    assert asyncio.run(retriever.abatch(list(QUESTIONS))) == alone
    assert asyncio.run(retriever.ainvoke(QUESTION, k=1)) == alone[0][:1]


def test_options_hold_for_all_questions_or_for_one(article: Retriever) -> None:
    nowhere = CicaRetriever(retriever=article, documents=["nowhere"])
    assert nowhere.invoke(QUESTION) == []
    assert len(nowhere.invoke(QUESTION, documents=["cica.txt"])) == 5
    filtered = CicaRetriever(retriever=article, where={"doc_id": "nowhere"})
    assert filtered.invoke(QUESTION) == []
    assert len(filtered.invoke(QUESTION, where={"doc_id": ["cica.txt"]})) == 5
    with pytest.raises(FilterError):
        filtered.invoke(QUESTION, where={"doc_id": None})
    read = CicaRetriever(retriever=article, rerank=True).invoke(QUESTION)
    assert [d.id for d in read] == [
        hit.passage.passage_id for hit in article.search(QUESTION, rerank=True)
    ]
    assert CicaRetriever(retriever=article).invoke(QUESTION, rerank=True) == read


def test_k_can_be_configured_for_each_run_of_a_chain(article: Retriever) -> None:
    retriever = CicaRetriever(retriever=article).configurable_fields(k=ConfigurableField("k"))
    assert len(retriever.invoke(QUESTION, {"configurable": {"k": 2}})) == 2
    assert len(retriever.invoke(QUESTION)) == 5


def test_invalid_questions_are_refused(article: Retriever) -> None:
    retriever = CicaRetriever(retriever=article)
    with pytest.raises(QuestionError):
        retriever.invoke("  ")
    with pytest.raises(SettingsError, match="at least 1"):
        retriever.invoke(QUESTION, k=0)
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        CicaRetriever(retriever=article, k=0)
    with pytest.raises(TypeError, match="top_k"):
        retriever.invoke(QUESTION, top_k=3)


def test_a_chain_passes_the_passages_to_its_prompt(article: Retriever) -> None:
    retriever = CicaRetriever(retriever=article, k=2)
    prompt = ChatPromptTemplate.from_template("{passages}\n\n{question}")
    chain = {
        "passages": retriever | (lambda found: "\n".join(d.page_content for d in found)),
        "question": RunnablePassthrough(),
    } | prompt
    texts = [hit.passage.text for hit in article.search(QUESTION, 2)]
    assert chain.invoke(QUESTION).to_messages()[0].content == "\n".join([*texts, "", QUESTION])


def test_the_page_runs(
    corpus_index: Path, model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page("langchain.md", corpus_index, model_cache, tmp_path, monkeypatch)


def test_an_absent_extra_is_named_and_nothing_leaves_the_machine(tmp_path: Path) -> None:
    code = """
from cica_qa.integrations.langchain import CicaRetriever
assert CicaRetriever(retriever=retriever).invoke(question)
"""
    require_polite("cica_qa.integrations.langchain", "langchain_core", "langchain", code, tmp_path)
