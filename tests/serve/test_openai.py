"""The official client of OpenAI's API against the real server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from guard_app import BEARER, KEY, LINES, call, guarded
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.answer.collections import Collections
from cica_qa.errors import QuestionError
from cica_qa.serve.openai import ChatRequest
from cica_qa.settings import ServeSettings

MEMBERS = "كم عدد الدول الأعضاء؟"
SECRETARIAT = "أين يقع مقر الأمانة العامة؟"
ROOT = Path(__file__).resolve().parents[2]
UNKNOWN = "ما عاصمة البرازيل؟"


@pytest.fixture(scope="module")
def client(base_url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{base_url}/v1", api_key="none", max_retries=0)


def asked(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def completed(base_url: str, body: object) -> httpx.Response:
    return httpx.post(f"{base_url}/v1/chat/completions", json=body, timeout=60)


def require_cited(message: Any, collections: Collections) -> None:
    """Check that each citation is a slice of its document and is at its offsets in the text."""
    own = message.model_extra["cica"]["citations"]
    assert own
    assert len(message.annotations) == len(own)
    for note, cited in zip(message.annotations, own, strict=True):
        document = collections[""].document(cited["doc_id"])
        assert document.text[cited["start"] : cited["end"]] == cited["quote"]
        told = note.model_dump()
        assert told["type"] == "file_citation"
        assert told["file_citation"] == {"file_id": cited["doc_id"]}
        assert message.content[told["start_index"] : told["end_index"]] == cited["quote"]
        assert told["text"] == cited["quote"]


def test_it_answers_with_citations(client: openai.OpenAI, collections: Collections) -> None:
    done = client.chat.completions.create(model="cica-qa", messages=asked(SECRETARIAT))
    (choice,) = done.choices
    assert choice.finish_reason == "stop"
    assert choice.message.content == collections[""].ask(SECRETARIAT).text
    require_cited(choice.message, collections)
    assert done.usage is not None
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
    assert done.usage.prompt_tokens == len(SECRETARIAT.split())


def test_a_stream_has_the_same_answer(client: openai.OpenAI, collections: Collections) -> None:
    chunks = list(
        client.chat.completions.create(
            model="cica-qa",
            messages=asked(SECRETARIAT),
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == collections[""].ask(SECRETARIAT).text
    (cited,) = [delta.model_extra for delta in deltas if "cica" in (delta.model_extra or {})]
    assert cited["annotations"][0]["type"] == "file_citation"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert len({chunk.id for chunk in chunks}) == 1


def test_earlier_messages_are_the_history(client: openai.OpenAI, collections: Collections) -> None:
    first = collections[""].ask("متى عُقد أول اجتماع لوزراء الخارجية؟").text
    messages: list[Any] = [
        {"role": "system", "content": "Answer in English."},
        {"role": "user", "content": "متى عُقد أول اجتماع لوزراء الخارجية؟"},
        {"role": "assistant", "content": first},
        {"role": "user", "content": [{"type": "text", "text": "وأين عُقد؟"}]},
    ]
    message = client.chat.completions.create(model="cica-qa", messages=messages).choices[0].message
    require_cited(message, collections)
    assert "ألماتي" in (message.content or "")


def test_unanswerable_questions_are_refused(client: openai.OpenAI) -> None:
    message = (
        client.chat.completions.create(model="cica-qa", messages=asked(UNKNOWN)).choices[0].message
    )
    assert message.content == "لم أجد جوابًا مؤكدًا في الوثائق."
    assert message.annotations == []
    assert message.model_extra is not None
    assert message.model_extra["cica"]["abstained"] is True


def test_each_collection_is_a_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["cica-qa", "cica-qa/cica"]
    assert client.models.retrieve("cica-qa/cica").id == "cica-qa/cica"
    with pytest.raises(openai.NotFoundError, match="no model 'other'"):
        client.models.retrieve("other")
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-9'"):
        client.chat.completions.create(model="gpt-9", messages=asked(MEMBERS))


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        (asked(""), "question"),
        (asked("؟" * 3), "question"),
        ([{"role": "assistant", "content": "نعم"}], "role 'user'"),
        (asked("س" * 3000), "2000"),
    ],
)
def test_errors_have_the_format_of_openai(
    client: openai.OpenAI, messages: list[Any], says: str
) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match=says) as caught:
        client.chat.completions.create(model="cica-qa", messages=messages)
    assert caught.value.type == "invalid_request_error"
    assert any("ء" <= letter <= "ي" for letter in caught.value.body["arabic"])
    with pytest.raises(openai.UnprocessableEntityError, match=says):
        list(client.chat.completions.create(model="cica-qa", messages=messages, stream=True))


def test_the_guard_refuses_as_openai_does(make_server: Callable[..., Any]) -> None:
    settings = ServeSettings(keys=LINES, per_minute=2, max_body_bytes=1000)
    address = f"{make_server(settings).url}/v1"

    def refused(kind: type[openai.APIStatusError], key: str, text: str) -> openai.APIStatusError:
        client = openai.OpenAI(base_url=address, api_key=key, max_retries=0)
        with pytest.raises(kind) as caught:
            client.chat.completions.create(model="cica-qa", messages=asked(text))
        body: Any = caught.value.body
        assert set(body) == {"message", "type", "param", "code", "arabic"}
        assert re.search("[ء-ي]{3}", body["arabic"])
        assert body["message"] in str(caught.value)
        return caught.value

    no_key = refused(openai.AuthenticationError, "wrong", MEMBERS)
    assert (no_key.type, no_key.code) == ("authentication_error", "invalid_api_key")
    assert "'cica-qa key NAME' makes one" in str(no_key)
    assert no_key.response.headers.get_list("WWW-Authenticate")
    too_large = refused(openai.APIStatusError, KEY, "س" * 2000)
    assert (too_large.status_code, too_large.type) == (413, "invalid_request_error")
    openai.OpenAI(base_url=address, api_key=KEY, max_retries=0).models.list()
    too_often = refused(openai.RateLimitError, KEY, MEMBERS)
    assert (too_often.type, too_often.code) == ("rate_limit_error", "rate_limit_exceeded")
    assert "more than 2 requests a minute" in str(too_often)
    assert int(too_often.response.headers["Retry-After"]) > 0
    assert too_often.request_id == too_often.response.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/v1/models/cica-qa"])
@pytest.mark.parametrize(
    ("how", "status", "kind", "code"),
    [
        ({}, 401, "authentication_error", "invalid_api_key"),
        ({"host": "evil.example"}, 400, "invalid_request_error", None),
        ({"host": None}, 400, "invalid_request_error", None),
        ({"headers": [(b"x", b"x" * 40_000)]}, 431, "invalid_request_error", None),
        ({"headers": [(b"content-length", b"9999999")]}, 413, "invalid_request_error", None),
        ({"headers": [BEARER, (b"origin", b"https://e.example")]}, 403, "permission_error", None),
    ],
)
def test_every_refusal_has_the_format_of_openai(
    path: str, how: dict[str, Any], status: int, kind: str, code: str | None
) -> None:
    reply = call(guarded(keys=LINES), "POST", path, **how)
    assert (reply.status, reply["content-type"]) == (status, "application/json")
    told = reply.json["error"]
    assert (told["type"], told["code"], told["param"]) == (kind, code, None)
    problem = call(guarded(keys=LINES), "POST", "/echo", **how)
    assert problem["content-type"] == "application/problem+json"
    assert (told["message"], told["arabic"]) == (problem.json["detail"], problem.json["arabic"])


def test_a_wrong_method_and_an_invalid_body_are_refused(base_url: str) -> None:
    address = f"{base_url}/v1/chat/completions"
    wrong = httpx.get(address)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    broken = httpx.post(address, content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 422
    for response in (wrong, broken):
        assert response.json()["error"]["type"] == "invalid_request_error"


def test_the_async_client(base_url: str, collections: Collections) -> None:
    async def ask() -> list[Any]:
        async with openai.AsyncOpenAI(base_url=f"{base_url}/v1", api_key="none") as client:
            return await asyncio.gather(
                *(
                    client.chat.completions.create(model="cica-qa", messages=asked(question))
                    for question in (SECRETARIAT, MEMBERS) * 3
                )
            )

    for done in asyncio.run(ask()):
        require_cited(done.choices[0].message, collections)


def test_unknown_parameters_are_ignored(base_url: str) -> None:
    body = {"messages": asked(MEMBERS), "temperature": 0.2, "user": "x", "tools": [], "seed": 7}
    assert completed(base_url, body).status_code == 200
    nothing = dict.fromkeys(("model", "n", "stream", "stream_options", "tools"))
    assert completed(base_url, {**body, **nothing}).status_code == 200
    several = completed(base_url, {**body, "n": 2})
    assert several.status_code == 422
    assert several.json()["error"]["type"] == "invalid_request_error"


def test_long_earlier_messages_are_cut(client: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "user", "content": "أين يقع مقر الأمانة العامة؟ " + "س" * 5000},
        {"role": "assistant", "content": "ص" * 200_000},
        {"role": "user", "content": SECRETARIAT},
    ]
    done = client.chat.completions.create(model="cica-qa", messages=messages)
    assert done.choices[0].message.annotations


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "role": st.sampled_from(["system", "user", "assistant", "tool"]),
                "content": st.none()
                | st.text()
                | st.lists(st.fixed_dictionaries({"type": st.text(max_size=9), "text": st.text()})),
            }
        ),
        min_size=1,
    ),
    st.integers(0, 5),
    st.integers(1, 9),
)
def test_any_conversation_is_read_or_refused(messages: list[Any], most: int, longest: int) -> None:
    request = ChatRequest.model_validate({"messages": messages})
    try:
        question, turns = request.asked(most, longest)
    except QuestionError:
        return
    assert isinstance(question, str)
    assert len(turns) <= most


def test_the_page_runs(base_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/how-to/openai.md").read_text("utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    exec(compile(block.replace("http://127.0.0.1:8000", base_url), "openai.md", "exec"), {})
    assert "file_id" in capsys.readouterr().out
