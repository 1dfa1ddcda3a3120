"""The retriever in Haystack: saving and loading a pipeline, citations, and no telemetry."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from adapters import QUESTIONS, article_of, require_cited, require_polite, run_page

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"  # before Haystack is imported

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.core.errors import DeserializationError

from cica_qa.errors import FilterError, IndexMissingError, QuestionError, SettingsError
from cica_qa.integrations.haystack import CicaRetriever
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings

QUESTION = QUESTIONS[0]
ALLOWED = ["cica_qa.integrations.haystack"]


@pytest.fixture(scope="module")
def article(corpus_index: Path, encoder: Encoder) -> Retriever:
    return article_of(corpus_index, encoder)


def pipeline_of(component: CicaRetriever) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("retriever", component)
    pipeline.add_component("joiner", DocumentJoiner())
    pipeline.connect("retriever.documents", "joiner.documents")
    return pipeline


def asked(pipeline: Pipeline, **inputs: object) -> list[Document]:
    found: list[Document] = pipeline.run({"retriever": {"query": QUESTION, **inputs}})["joiner"][
        "documents"
    ]
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_documents_are_cited_passages_in_the_order_of_the_search(
    article: Retriever, question: str
) -> None:
    documents = CicaRetriever(article, top_k=4).run(question)["documents"]
    hits = article.search(question, 4)
    assert [d.score for d in documents] == [hit.score for hit in hits]
    assert [d.id for d in documents] == [hit.passage.passage_id for hit in hits]
    for document in documents:
        assert document.content is not None
        require_cited(document.content, document.meta, article)
        assert Document.from_dict(document.to_dict()) == document


def test_a_pipeline_takes_options_for_one_question(article: Retriever) -> None:
    pipeline = pipeline_of(CicaRetriever(article, top_k=3))
    documents = asked(pipeline)
    assert len(documents) == 3
    assert asked(pipeline, top_k=1) == documents[:1]
    assert asked(pipeline, document_ids=["nowhere"]) == []
    plain = {"field": "meta.format", "operator": "==", "value": "plain"}
    assert asked(pipeline, filters=plain) == documents
    nowhere = {"field": "meta.doc_id", "operator": "in", "value": ["nowhere"]}
    assert asked(pipeline, filters={"operator": "AND", "conditions": [plain, nowhere]}) == []
    assert asked(pipeline, filters={"field": "year", "operator": ">=", "value": 5}) == []
    either = {"operator": "OR", "conditions": [plain, nowhere]}
    for refused in (either, {**plain, "operator": "not in"}):
        with pytest.raises(FilterError, match="join by AND"):
            CicaRetriever(article).run(QUESTION, filters=refused)
    read = article.search(QUESTION, 3, rerank=True)
    assert {d.id for d in asked(pipeline, rerank=True)} == {h.passage.passage_id for h in read}


def test_async_finds_the_same(article: Retriever) -> None:
    component = CicaRetriever(article, top_k=2)

    async def together() -> list[dict[str, list[Document]]]:
        return list(await asyncio.gather(*map(component.run_async, QUESTIONS)))

    assert asyncio.run(together()) == [component.run(question) for question in QUESTIONS]


def test_a_pipeline_is_saved_and_loaded(
    article: Retriever, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICA_CACHE_DIR", str(model_cache))
    plain = {"field": "meta.format", "operator": "==", "value": "plain"}
    pipeline = pipeline_of(
        CicaRetriever(article, top_k=2, document_ids=["cica.txt"], filters=plain)
    )
    text = pipeline.dumps()
    again = Pipeline.loads(text, allowed_modules=ALLOWED)
    assert again.dumps() == text
    assert asked(again) == asked(pipeline)
    with pytest.raises(DeserializationError, match="cica_qa"):
        Pipeline.loads(text)


def test_settings_are_saved_but_no_keys(tmp_path: Path) -> None:
    settings = Settings(
        reader=False, cache_dir=tmp_path, llm_key="hidden", serve={"keys": ("a hidden key",)}
    )
    data = CicaRetriever(tmp_path, settings=settings).to_dict()
    assert data["init_parameters"]["settings"] == {"reader": False, "cache_dir": str(tmp_path)}
    assert "hidden" not in str(data)
    assert CicaRetriever.from_dict(data).to_dict() == data
    assert CicaRetriever("index").to_dict()["init_parameters"]["settings"] is None


def test_an_index_is_opened_when_it_is_needed(tmp_path: Path) -> None:
    pipeline = pipeline_of(CicaRetriever(tmp_path / "nowhere"))
    with pytest.raises(IndexMissingError):
        pipeline.warm_up()


def test_invalid_questions_are_refused(article: Retriever) -> None:
    component = CicaRetriever(article)
    with pytest.raises(QuestionError):
        component.run("  ")
    with pytest.raises(SettingsError, match="at least 1"):
        component.run(QUESTION, top_k=0)


def test_the_page_runs(
    corpus_index: Path, model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page("haystack.md", corpus_index, model_cache, tmp_path, monkeypatch)


def test_an_absent_extra_is_named_and_nothing_leaves_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adapter switches Haystack's telemetry off unless the user has decided."""
    monkeypatch.delenv("HAYSTACK_TELEMETRY_ENABLED")
    monkeypatch.setenv("HOME", str(tmp_path))
    code = """
from cica_qa.integrations.haystack import CicaRetriever
from haystack import Pipeline, telemetry
import haystack.telemetry._telemetry
assert haystack.telemetry._telemetry.telemetry is None
pipeline = Pipeline()
pipeline.add_component("retriever", CicaRetriever(retriever))
assert pipeline.run({"retriever": {"query": question}})["retriever"]["documents"]
"""
    require_polite("cica_qa.integrations.haystack", "haystack", "haystack", code, tmp_path)
    assert not (tmp_path / ".haystack").exists()
