"""Whatever is sent, the API keeps its promises: no 5xx, and replies as /openapi.json describes them."""

from __future__ import annotations

import json
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.asking.service import Service
from qa.web.guard.faults import CODES

EXAMPLES = 40
OPERATIONS = [
    ("POST", "/api/ask"),
    ("POST", "/api/feedback"),
    ("GET", "/api/documents"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]
# A question without words is of the right shape, yet nothing can be asked with it.
NOT_MEANT = [positive_data_acceptance]


@pytest.fixture(scope="module")
def app(assistant: Assistant) -> Any:
    settings = Settings(index_dir=assistant.settings.index_dir, client_rate_per_minute=0)
    return make_api(Service(settings, assistant))


@pytest.fixture(scope="module")
def client(app: Any) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def test_every_operation_is_described_and_tried(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    paths = described["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == set(OPERATIONS)
    shown = {
        code
        for methods in paths.values()
        for operation in methods.values()
        for reply in operation["responses"].values()
        for code in reply.get("content", {}).get("application/json", {}).get("examples", {})
    }
    assert shown == set(CODES) - {"method_not_allowed"}  # what isn't described can't be shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        (method, path, mode)
        for method, path in OPERATIONS
        for mode in GenerationMode
        if method == "POST" or mode is GenerationMode.POSITIVE  # without a body there is nothing to get wrong
    ],
)
def test_the_description_holds_for_anything(app: Any, method: str, path: str, mode: GenerationMode) -> None:
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)[path][method]

    @hypothesis.settings(max_examples=EXAMPLES)
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=NOT_MEANT)

    check()


DEEP = "[" * 20_000
BODIES = {
    "markup": json.dumps({"question": "<script>alert(1)</script> CEMR?"}),
    "right to left": json.dumps({"question": "\u202eCEMR\u2066 when\u200f?"}),
    "lone surrogate": '{"question": "CEMR \\ud800?"}',
    "lone surrogate as a turn": '{"question": "And?", "history": [{"question": "\\udfff", "language": "\\udfff"}]}',
    "nul": '{"question": "CE\\u0000MR founded when?"}',
    "broken UTF-8": b'{"question": "\xff\xfe\xc3"}',
    "UTF-16": '{"question": "CEMR?"}'.encode("utf-16"),
    "deep nesting": DEEP,
    "deep nesting in a field": f'{{"question": {DEEP}',
    "deep and closed": f'{{"question": "x", "history": {"[" * 9_000}{"]" * 9_000}}}',
    "not a number": '{"question": NaN}',
    "infinity": '{"question": "x", "history": Infinity}',
    "huge number": f'{{"question": {"9" * 20_000}}}',
    "huge exponent": '{"question": 1e999999}',
    "duplicate keys": '{"question": "x", "question": ["y"]}',
    "null": "null",
    "a megabyte": json.dumps({"question": "x" * 1_000_000}),
    "long unbroken": json.dumps({"question": "a" * 1_999}),
    "combining": json.dumps({"question": "e" + "\u0301" * 1_500}),
    "digits": json.dumps({"question": "1 " * 999}),
    "ligatures that grow": json.dumps({"question": "\ufdfa" * 1_990}),
}


@pytest.mark.parametrize("path", ["/api/ask", "/api/feedback", "/v1/chat/completions"])
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("name", BODIES)
def test_hostile_bodies_are_no_defect(client: TestClient, path: str, accept: str, name: str) -> None:
    reply = client.post(path, content=BODIES[name], headers={"Content-Type": "application/json", "Accept": accept})
    assert reply.status_code < 500, reply.text
    assert reply.content.decode("utf-8")


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Type", "application/json"), ("Content-Type", "text/plain")],
        [("Content-Type", "application/json; charset=utf-7")],
        [("Content-Type", "multipart/form-data")],
        [("Content-Type", "\xff")],
        [("Content-Type", "application/json"), ("Accept-Language", ",;q=" * 5_000)],
        [("Content-Type", "application/json"), ("Accept-Language", "xx-" * 200)],
        [("Content-Type", "application/json"), ("X-Forwarded-For", "1, 2, \xff")],
        [("Content-Type", "application/json"), ("Host", "a"), ("Host", "b")],
        [("Content-Type", "application/json"), ("Origin", "http://testserver"), ("Origin", "http://testserver")],
        [("Content-Type", "application/json"), ("Content-Length", "2"), ("Content-Length", "3")],
        [("Content-Type", "application/json"), ("X-Kysy-Ticket", "\xff.\xff")],
    ],
)
def test_hostile_headers_are_no_defect(client: TestClient, headers: list[tuple[str, str]]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    for path in ("/api/ask", "/v1/chat/completions"):
        assert client.post(path, content=b'{"question": "CEMR?"}', headers=raw).status_code < 500


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "GET", "TRACE", "BREW"])
def test_a_method_that_is_none_is_told_which_are(client: TestClient, method: str) -> None:
    reply = client.request(method, "/api/ask")
    if method == "BREW":
        assert reply.status_code == 405
        return
    assert (reply.status_code, reply.headers["Allow"]) == (405, "POST")
    assert reply.json()["error"]["code"] == "method_not_allowed"


def test_other_paths_know_their_methods_too(client: TestClient) -> None:
    assert client.get("/v1/chat/completions").headers["Allow"] == "POST"
    assert client.post("/v1/models/kysy").headers["Allow"] == "GET"
    assert client.delete("/readyz").headers["Allow"] == "GET"
    assert client.post("/v1/nothing").status_code == 404
