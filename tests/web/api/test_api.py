from __future__ import annotations

import json
import re

import pytest
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.asking.service import Service
from qa.web.messages import catalogue


@pytest.fixture(scope="module")
def client(settings: Settings, assistant: Assistant) -> TestClient:
    return TestClient(make_api(Service(settings, assistant)), raise_server_exceptions=False)


def test_answer_is_what_the_assistant_says(client: TestClient, assistant: Assistant) -> None:
    told = client.post("/api/ask", json={"question": "When was CEMR founded?"}).json()
    expected = assistant.ask("When was CEMR founded?").to_json()
    assert re.fullmatch("[0-9a-f]{32}", told.pop("id"))
    assert {**told, "timings_ms": 0} == {**json.loads(json.dumps(expected)), "timings_ms": 0}


def test_quote_stands_in_the_document(client: TestClient, assistant: Assistant) -> None:
    told = client.post("/api/ask", json={"question": "Milloin CEMR perustettiin?", "page_language": "fi"}).json()
    texts = {document.path: document.text for document in assistant.documents}
    for citation in told["citations"]:
        assert texts[citation["document"]][citation["start"] : citation["end"]] == citation["quote"]


def test_documents_are_listed(client: TestClient) -> None:
    listed = client.get("/api/documents").json()
    assert {document["language"] for document in listed} == {"en", "fi", "sv", "nb", "da"}


def test_health_and_readiness(client: TestClient, settings: Settings) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    assert TestClient(make_api(Service(settings))).get("/readyz").status_code == 503


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "invalid"),
        (b"{", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b'{"question": 7}', 422, "invalid"),
        (b'{"question": "x", "more": 1}', 422, "invalid"),
        (b'{"question": "\xff"}', 400, "bad_request"),
        (b'{"question": "   "}', 400, "bad_question"),
        (b'{"question": "\\u0000\\u0007"}', 400, "bad_question"),
        (b'{"question": "CEMR?", "language": "xx"}', 400, "bad_question"),
        (json.dumps({"question": "x" * 60_000}).encode(), 400, "bad_question"),
        (b'{"question": "x", "history": 7}', 422, "invalid"),
        (b'{"question": "x", "history": [{"question": "y"}]}', 422, "invalid"),
        (b'{"question": "x", "history": [{"question": "y", "language": "en", "more": 1}]}', 422, "invalid"),
        (b'{"question": "' + b"x" * Settings().max_body_bytes + b'"}', 413, "too_large"),
    ],
)
def test_bad_input_is_told_in_one_line(client: TestClient, body: bytes, status: int, code: str) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "fi"}
    reply = client.post("/api/ask", content=body, headers=headers)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (status, code)
    assert error["message"] == catalogue("fi")(f"error_{code}")
    assert error["request_id"] == reply.headers["X-Request-ID"]
    assert "\n" not in error.get("detail", "")
    assert len(error.get("detail", "")) < 300


def test_lone_surrogates_do_no_harm(client: TestClient) -> None:
    reply = client.post(
        "/api/ask", content=b'{"question": "CEMR \\ud800?"}', headers={"Content-Type": "application/json"}
    )
    assert reply.status_code < 500


def test_unknown_path_and_method(client: TestClient) -> None:
    assert client.get("/api/nothing").json()["error"]["code"] == "not_found"
    assert client.get("/api/ask").json()["error"]["code"] == "method_not_allowed"


def test_a_conversation_goes_on_with_the_turns_sent_back(client: TestClient) -> None:
    first = client.post("/api/ask", json={"question": "When was CEMR founded?"}).json()
    assert first["turn"]["question"] == "When was CEMR founded?"
    follow_up = {"question": "Who is its president?", "history": [first["turn"]]}
    told = client.post("/api/ask", json=follow_up).json()
    assert told["question"] == "Who is its president?"
    assert "Stefano Bonaccini" in told["answer"]
    assert client.post("/api/ask", json={"question": "Thanks!"}).json()["smalltalk"] == "thanks"


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ([{"question": "x", "language": "en"}] * 11, "history has 11 turns; at most 10 are read: send the latest"),
        (
            [{"question": "x", "language": "en"}, {"question": "x" * 1_001, "language": "en"}],
            "history[1] has a text of 1001 characters; at most 1000 are read: "
            "send each turn as it came with its answer",
        ),
    ],
)
def test_a_history_that_is_too_long_is_refused(client: TestClient, turns: list[dict[str, str]], message: str) -> None:
    reply = client.post("/api/ask", json={"question": "Who leads it?", "history": turns})
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["detail"]) == (400, "bad_question", message)


@pytest.mark.parametrize(
    "turn", [{"question": "", "language": ""}, {"question": "?", "language": "xx", "document": "no"}]
)
def test_a_strange_history_does_no_harm(client: TestClient, turn: dict[str, str]) -> None:
    told = client.post("/api/ask", json={"question": "And in Europe?", "history": [turn] * 10})
    assert told.status_code == 200
