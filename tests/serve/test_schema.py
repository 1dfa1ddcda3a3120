"""The OpenAPI schema is true: schemathesis sends what it allows and what it forbids."""

from __future__ import annotations

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

LIMITS = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[*HealthCheck],
)
ERRORS = {"401", "403", "429"}


def test_every_response_matches_its_description(base_url: str) -> None:
    schema = schemathesis.openapi.from_url(f"{base_url}/openapi.json")
    tried = []
    for operation in (result.ok() for result in schema.get_all_operations()):
        tried.append(operation.label)
        takes = [*operation.iter_parameters(), *operation.body]
        for mode in GenerationMode if takes else [GenerationMode.POSITIVE]:
            strategy = operation.as_strategy(generation_mode=mode)

            @LIMITS
            @given(case=strategy)
            def check(case: schemathesis.Case) -> None:
                # A text of valid length may still not be a question.
                case.call_and_validate(excluded_checks=[positive_data_acceptance], timeout=60)

            check()
    assert "POST /v1/ask" in tried
    assert len(tried) >= 9


def test_errors_are_described_and_examples_are_arabic(base_url: str) -> None:
    described = httpx.get(f"{base_url}/openapi.json").json()
    for path, item in described["paths"].items():
        for method, operation in item.items():
            assert operation["description"], (method, path)
            if path.startswith("/v1/"):
                assert {*operation["responses"]} >= ERRORS
                assert {*operation["responses"]} & {"200", "201", "202", "204"}
    ask = described["paths"]["/v1/ask"]["post"]["responses"]
    assert {*ask} >= {"400", "404", "422"}
    assert {*ask["200"]["content"]} == {"application/json", "text/event-stream"}
    assert "application/problem+json" in ask["422"]["content"]
    for path, method in (("/v1/models", "get"), ("/v1/chat/completions", "post")):
        errors = described["paths"][path][method]["responses"]
        for status in ERRORS:
            (media,) = errors[status]["content"].items()
            assert media == (
                "application/json",
                {"schema": {"$ref": "#/components/schemas/OpenAIErrorBody"}},
            )
    question = described["components"]["schemas"]["AskRequest"]["properties"]["question"]
    assert "سيكا" in question["examples"][0]


def test_no_documentation_page_needs_the_internet(base_url: str) -> None:
    for path in ("/docs", "/redoc"):
        assert httpx.get(f"{base_url}{path}").status_code == 404
