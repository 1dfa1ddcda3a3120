"""The access log and the metrics: what they contain, and what they never do."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from guard_app import BEARER, LINES, QUESTION, call, guarded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import ASGIApp

TALKATIVE = guarded(log_questions=True, per_minute=1_000_000)
JSON = (b"content-type", b"application/json")
BODY = [json.dumps({"question": QUESTION}).encode()]


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "cica_qa.serve.access")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    messages = [r.getMessage() for r in caplog.records if r.name == "cica_qa.serve.access"]
    return [json.loads(message) for message in messages]


def test_a_line_for_each_request(caplog: pytest.LogCaptureFixture) -> None:
    reply = call(guarded(keys=LINES), path="/documents/secret-name", headers=[BEARER])
    (line,) = lines(caplog)
    assert list(line) == ["time", "request_id", "method", "route", "status", "ms", "key", "bytes"]
    age = datetime.now(UTC) - datetime.fromisoformat(line.pop("time"))
    assert 0 <= age.total_seconds() < 5
    assert 0 <= line.pop("ms") < 5000
    assert line == {
        "request_id": reply["x-request-id"],
        "method": "GET",
        "route": "/documents/{doc_id}",
        "status": 200,
        "key": "a",
        "bytes": len(reply.body),
    }
    assert reply.json["id"] == reply["x-request-id"]
    assert len(reply["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("path", "how", "route", "status"),
    [
        ("/nothing/at/all", {}, "unmatched", 404),
        ("/inner/page", {}, "/inner/{page}", 200),
        ("/inner/no/page", {}, "/inner/*", 404),
        ("/documents/1", {"host": "evil.example"}, "unmatched", 400),
        ("/documents/1", {"method": "DELETE"}, "/documents/{doc_id}", 405),
    ],
)
def test_routes_are_templates(
    caplog: pytest.LogCaptureFixture, path: str, how: dict[str, Any], route: str, status: int
) -> None:
    call(guarded(), path=path, **how)
    (line,) = lines(caplog)
    assert (line["route"], line["status"]) == (route, status)
    assert line["method"] == how.get("method", "GET")


def test_failures_are_logged_and_the_server_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    app = guarded()
    assert [call(app, path=path).status for path in ("/boom", "/documents/1")] == [500, 200]
    line, _ = lines(caplog)
    assert (line["route"], line["status"]) == ("/boom", 500)


@pytest.mark.parametrize(("log_questions", "told"), [(False, None), (True, [QUESTION])])
def test_no_question_is_logged_unless_asked_for(
    caplog: pytest.LogCaptureFixture, log_questions: bool, told: list[str] | None
) -> None:
    caplog.set_level(logging.DEBUG)
    reply = call(guarded(log_questions=log_questions), "POST", "/ask", [JSON], BODY)
    assert reply.json == "no"
    assert lines(caplog)[0].get("questions") == told
    others = " ".join(str(vars(r)) for r in caplog.records if log_questions is False)
    assert QUESTION not in others
    assert json.dumps(QUESTION)[1:-1] not in others.replace("\\\\", "\\")


@pytest.mark.parametrize("sent", ["abc-1.2_3", "A" * 64])
def test_a_plain_request_id_is_kept(sent: str) -> None:
    reply = call(guarded(), headers=[(b"x-request-id", sent.encode())])
    assert reply["x-request-id"] == reply.json["id"] == sent


@pytest.mark.parametrize("sent", [b"", b"a b", b"a\nb", b"A" * 65, b"\xd8\xb3", b'"', b"a/b"])
def test_any_other_request_id_is_replaced(sent: bytes) -> None:
    reply = call(guarded(), headers=[(b"x-request-id", sent)])
    assert reply["x-request-id"].encode() != sent
    assert len(reply["x-request-id"]) == 32


def test_an_app_inside_cannot_change_the_id() -> None:
    assert call(guarded(), path="/stream")["x-request-id"] != "mine"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.binary(max_size=30), st.text(max_size=20))
def test_no_request_can_forge_a_line(
    caplog: pytest.LogCaptureFixture, path: str, value: bytes, question: str
) -> None:
    caplog.clear()
    app = TALKATIVE
    call(app, path="/" + path, headers=[(b"x-request-id", value), (b"user-agent", value)])
    call(app, "POST", "/ask", [JSON], [json.dumps({"question": question}).encode()])
    records = [r.getMessage() for r in caplog.records if r.name == "cica_qa.serve.access"]
    assert len(records) == 2
    assert all(0x20 <= ord(character) < 0x7F for record in records for character in record)
    assert json.loads(records[1])["questions"] == [question]


def samples(app: ASGIApp) -> dict[tuple[str, ...], float]:
    reply = call(app, path="/metrics")
    assert reply["content-type"].startswith("text/plain; version=")
    return {
        (
            sample.name,
            *(value for name, value in sample.labels.items() if name != "le"),
        ): sample.value
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_created"))
    }


def test_metrics_by_route_and_status() -> None:
    app = guarded(per_minute=7)
    for doc_id in range(3):
        call(app, path=f"/documents/{doc_id}")
    call(app, path="/nothing/1")
    call(app, path="/nothing/2")
    call(app, "POST", "/ask", [JSON], BODY)
    counted = samples(app)
    assert call(app).status == 429
    assert {name: value for name, value in counted.items() if not name[0].endswith("_sum")} == {
        ("cica_qa_requests_total", "/documents/{doc_id}", "200"): 3,
        ("cica_qa_requests_total", "unmatched", "404"): 2,
        ("cica_qa_requests_total", "/ask", "200"): 1,
        ("cica_qa_request_seconds_count", "/documents/{doc_id}"): 3,
        ("cica_qa_request_seconds_count", "unmatched"): 2,
        ("cica_qa_request_seconds_count", "/ask"): 1,
        ("cica_qa_shed_requests_total", "429"): 0,
        ("cica_qa_shed_requests_total", "503"): 0,
        ("cica_qa_answers_total", "false"): 0,
        ("cica_qa_answers_total", "true"): 1,
        ("cica_qa_requests_inside",): 0,
    }


def test_metrics_count_shed_requests_and_need_a_key() -> None:
    app = guarded(per_minute=1, keys=LINES)
    assert call(app, path="/metrics").status == 401
    assert call(app, headers=[BEARER]).status == 200
    assert call(app, headers=[BEARER]).status == 429
    other = [(b"x-api-key", b"cq_two")]
    text = call(app, path="/metrics", headers=other).body.decode()
    assert 'cica_qa_shed_requests_total{status="429"} 1.0' in text


def test_invented_paths_add_no_labels() -> None:
    app = guarded()
    for number in range(50):
        call(app, path=f"/made/up/{number}")
        call(app, path=f"/inner/made/up/{number}")
    routes = {name[1] for name in samples(app) if name[0] == "cica_qa_requests_total"}
    assert routes == {"unmatched", "/inner/*"}


def test_each_app_counts_for_itself() -> None:
    first, second = guarded(), guarded()
    call(first)
    assert ("cica_qa_requests_total", "/documents/{doc_id}", "200") not in samples(second)
