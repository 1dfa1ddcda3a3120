"""Metadata filters over REST and MCP: what they find, and the errors of invalid ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mcp.client import Client
from word_encoder import WordEncoder, build

from cica_qa.answer.collections import Collections
from cica_qa.answer.pipeline import Pipeline
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import ServeSettings, Settings
from cica_qa.types import Document

QUESTION = "متى افتُتح المتحف؟"
SETTINGS = Settings(reader=False, serve=ServeSettings(max_body_bytes=2_000_000))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("filters") / "index"
    documents = [
        Document(
            f"{number}.pdf",
            "المتاحف",
            f"افتُتح المتحف رقم {number} عام 19{number}0.",
            f"/srv/folders/of/others/{number}.pdf",
            {"format": "pdf", "pages": f"{number}", "created": f"202{number}-05-01"},
        )
        for number in range(1, 6)
    ]
    build(documents, folder)
    return Pipeline.of(Retriever(folder, WordEncoder(), SETTINGS))


@pytest.fixture
def url(pipeline: Pipeline, make_server: Callable[..., Any]) -> str:
    url: str = make_server(SETTINGS, over=Collections({"own": pipeline})).url
    return url


def post(url: str, path: str, **body: object) -> httpx.Response:
    return httpx.post(f"{url}/v1/{path}", json=body, timeout=60)


def searched(url: str, **body: object) -> list[str]:
    results = post(url, "search", query=QUESTION, **body).json()["results"]
    return sorted(hit["passage"]["doc_id"] for hit in results[0]["hits"])


def test_searches_keep_to_the_filter(url: str) -> None:
    assert searched(url, where={"pages": {"from": 2, "before": 4}}) == ["2.pdf", "3.pdf"]
    assert searched(url, where={"created": {"after": "2023"}}) == ["4.pdf", "5.pdf"]
    assert searched(url, where={"doc_id": ["1.pdf", "4.pdf"]}) == ["1.pdf", "4.pdf"]
    assert searched(url, where={"pages": [1, 2]}, documents=["2.pdf", "3.pdf"]) == ["2.pdf"]
    assert searched(url, where={"nowhere": "x"}) == []
    assert searched(url, where=None) == [f"{number}.pdf" for number in range(1, 6)]
    many = post(url, "search", queries=[QUESTION, "المتحف رقم 3"], where={"pages": 3}).json()
    found = [[hit["passage"]["doc_id"] for hit in one["hits"]] for one in many["results"]]
    assert found == [["3.pdf"], ["3.pdf"]]


def test_answers_keep_to_the_filter_and_to_the_documents(url: str, pipeline: Pipeline) -> None:
    body: dict[str, Any] = {"question": QUESTION, "where": {"pages": 3}}
    said, expected = post(url, "ask", **body).json(), pipeline.ask(QUESTION, where={"pages": 3})
    assert said["text"] == expected.text
    assert [hit["passage"]["doc_id"] for hit in said["hits"]] == ["3.pdf"]
    streamed = post(url, "ask", **body, stream=True)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert '"1.pdf"' not in streamed.text
    assert '"3.pdf"' in streamed.text
    by_id = post(url, "ask", question=QUESTION, documents=["3.pdf"]).json()
    assert by_id == said


def test_sources_are_shown_and_compared_without_folders(url: str, pipeline: Pipeline) -> None:
    whole = pipeline.document("2.pdf").source
    listed = httpx.get(f"{url}/v1/collections/own/documents/2.pdf").json()["source"]
    assert searched(url, where={"source": listed}) == ["2.pdf"]
    assert searched(url, where={"source": [whole, f"file://{whole}"]}) == []
    assert len(pipeline.retriever.search(QUESTION, where={"source": whole})) == 1


@pytest.mark.parametrize(
    ("where", "detail", "arabic"),
    [
        ({}, "the filter is empty", "شرط البحث فارغ"),
        (5, "a filter maps keys to values", "شرط البحث غير مفهوم"),
        ("pages=5", "a filter maps keys to values", "شرط البحث غير مفهوم"),
        ([], "a filter maps keys to values", "شرط البحث غير مفهوم"),
        ({"pages": None}, "compares 'pages' with None", "القيمة المطلوبة للحقل «pages»"),
        ({"pages": {"gte": 5}}, "'gte'; a range has 'from'", "مدى الحقل «pages»"),
        ({"pages": {"from": 9, "to": 5}}, "ends before it begins", "مدى الحقل «pages»"),
        ({"pages": {"from": 9, "to": "2024"}}, "a number and a date", "في مدى الحقل «pages»"),
        ({"format": {"to": 9}}, "no document has one under 'format'", "الحقل «format» عددًا"),
        ({"format": {"to": "2024"}}, "a date in ISO 8601", "الحقل «format» تاريخًا"),
    ],
)
@pytest.mark.parametrize("path", ["search", "ask"])
def test_an_invalid_filter_is_a_problem_in_both_languages(
    url: str, path: str, where: object, detail: str, arabic: str
) -> None:
    asked: dict[str, object] = {"query": QUESTION} if path == "search" else {"question": QUESTION}
    for more in ({}, {"stream": True}) if path == "ask" else ({},):
        response = post(url, path, **asked, where=where, **more)
        told = response.json()
        assert (response.status_code, told["status"]) == (422, 422)
        assert detail in told["detail"]
        assert arabic in told["arabic"]


def test_a_long_filter_is_searched(url: str) -> None:
    ids = [f"{number}.pdf" for number in range(3, 50_000)]
    assert searched(url, where={"source": ids}) == ["3.pdf", "4.pdf", "5.pdf"]


def test_the_tools_take_filters(url: str) -> None:
    async def use() -> None:
        async with Client(f"{url}/mcp") as client:

            async def call(tool: str, **sent: object) -> Any:
                return await client.call_tool(tool, sent)

            found = await call("search", query=QUESTION, where={"pages": {"to": 2}})
            hits = found.structured_content["hits"]
            assert sorted(hit["passage"]["doc_id"] for hit in hits) == ["1.pdf", "2.pdf"]
            for scope in ({"where": {"pages": 3}}, {"documents": ["3.pdf"]}):
                answer = await call("ask", question=QUESTION, **scope)
                cited = answer.structured_content["citations"]
                hits = answer.structured_content["hits"]
                named = {one["doc_id"] for one in cited} | {
                    hit["passage"]["doc_id"] for hit in hits
                }
                assert named == {"3.pdf"}
            refused = await call("search", query=QUESTION, where={"pages": {"like": "5"}})
            assert refused.is_error
            arabic, english = refused.content[0].text.split("\n")
            assert "مدى الحقل «pages»" in arabic
            assert "'like'" in english

    asyncio.run(use())


def test_the_schema_describes_filters(url: str) -> None:
    described = httpx.get(f"{url}/openapi.json").json()["components"]["schemas"]
    for name in ("AskRequest", "SearchRequest"):
        where = described[name]["properties"]["where"]
        form = where["anyOf"][0]["additionalProperties"]["anyOf"]
        assert form[1]["type"] == "array"
        assert sorted(form[2]["properties"]) == ["after", "before", "from", "to"]
        assert "description" in where
