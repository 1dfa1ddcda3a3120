"""The retriever in LlamaIndex: nodes, a query engine, and citations."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from adapters import QUESTIONS, article_of, require_cited, require_polite, run_page
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)

from cica_qa.errors import FilterError, QuestionError, SettingsError
from cica_qa.integrations.llama_index import CicaRetriever
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever

QUESTION = QUESTIONS[0]


@pytest.fixture(scope="module")
def article(corpus_index: Path, encoder: Encoder) -> Retriever:
    return article_of(corpus_index, encoder)


@pytest.mark.parametrize("question", QUESTIONS)
def test_nodes_are_cited_passages_in_the_order_of_the_search(
    article: Retriever, question: str
) -> None:
    found = CicaRetriever(article, similarity_top_k=4).retrieve(question)
    hits = article.search(question, 4)
    assert [one.score for one in found] == [hit.score for hit in hits]
    for one, hit in zip(found, hits, strict=True):
        node = one.node
        require_cited(node.get_content(), node.metadata, article)
        assert (node.node_id, node.ref_doc_id) == (hit.passage.passage_id, hit.passage.doc_id)
        span = (node.start_char_idx, node.end_char_idx)
        assert span == (node.metadata["start"], node.metadata["end"])
        assert TextNode.from_json(node.to_json()) == node


def test_a_model_is_shown_title_and_headings_and_no_offsets(article: Retriever) -> None:
    node = CicaRetriever(article).retrieve(QUESTION)[0].node
    shown = node.get_content(MetadataMode.LLM)
    assert node.metadata["title"] in shown
    assert shown.endswith(node.text)
    assert node.metadata["passage_id"] not in shown
    assert "score" not in shown
    assert node.get_content(MetadataMode.EMBED) == node.text


def test_async_finds_the_same(article: Retriever) -> None:
    retriever = CicaRetriever(article, similarity_top_k=2)

    async def together() -> list[list[NodeWithScore]]:
        return list(await asyncio.gather(*map(retriever.aretrieve, QUESTIONS)))

    assert asyncio.run(together()) == [retriever.retrieve(question) for question in QUESTIONS]
    assert retriever.retrieve(QueryBundle(QUESTION)) == retriever.retrieve(QUESTION)


def test_options_are_those_of_the_search(article: Retriever) -> None:
    assert CicaRetriever(article, documents=["nowhere"]).retrieve(QUESTION) == []
    read = CicaRetriever(article, documents=["cica.txt"], rerank=True).retrieve(QUESTION)
    hits = article.search(QUESTION, rerank=True)
    assert [one.node.node_id for one in read] == [hit.passage.passage_id for hit in hits]


def ids(filters: MetadataFilters, article: Retriever) -> set[str]:
    found = CicaRetriever(article, filters=filters).retrieve(QUESTION)
    return {one.node.ref_doc_id for one in found}


def test_filters_are_those_of_llama_index(article: Retriever) -> None:
    def is_like(key: str, value: object, operator: str = "==") -> MetadataFilter:
        return MetadataFilter(key=key, value=value, operator=FilterOperator(operator))

    plain = is_like("format", "plain")
    assert ids(MetadataFilters(filters=[]), article) == {"cica.txt"}
    assert ids(MetadataFilters(filters=[plain]), article) == {"cica.txt"}
    none = MetadataFilters(filters=[is_like("pages", ["1", "2"], "in")])
    assert ids(MetadataFilters(filters=[plain, none]), article) == set()
    title = MetadataFilters(filters=[is_like("doc_id", ["cica.txt", "x"], "in")])
    assert ids(MetadataFilters(filters=[plain, title]), article) == {"cica.txt"}
    for operator in (">", ">=", "<", "<="):
        assert ids(MetadataFilters(filters=[is_like("year", 5, operator)]), article) == set()
    for refused in (
        MetadataFilters(filters=[plain, plain], condition=FilterCondition.OR),
        MetadataFilters(filters=[is_like("format", "x", "!=")]),
    ):
        with pytest.raises(FilterError, match="join by AND"):
            CicaRetriever(article, filters=refused)


def test_invalid_questions_are_refused(article: Retriever) -> None:
    with pytest.raises(QuestionError):
        CicaRetriever(article).retrieve("  ")
    with pytest.raises(SettingsError, match="at least 1"):
        CicaRetriever(article, similarity_top_k=0).retrieve(QUESTION)


def test_a_query_engine_answers_from_the_passages(article: Retriever) -> None:
    retriever = CicaRetriever(article, similarity_top_k=2)
    engine = RetrieverQueryEngine.from_args(retriever, llm=MockLLM())
    response = engine.query(QUESTION)
    assert response.source_nodes == retriever.retrieve(QUESTION)
    assert asyncio.run(engine.aquery(QUESTION)).source_nodes == response.source_nodes
    for source in response.source_nodes:  # the mock repeats its prompt
        assert source.node.text in str(response)
        require_cited(source.node.text, source.node.metadata, article)


def test_the_page_runs(
    corpus_index: Path, model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page("llama-index.md", corpus_index, model_cache, tmp_path, monkeypatch)


def test_an_absent_extra_is_named_and_nothing_leaves_the_machine(tmp_path: Path) -> None:
    code = """
from cica_qa.integrations.llama_index import CicaRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
engine = RetrieverQueryEngine.from_args(CicaRetriever(retriever), llm=MockLLM())
assert engine.query(question).source_nodes
"""
    require_polite("cica_qa.integrations.llama_index", "llama_index", "llama-index", code, tmp_path)
