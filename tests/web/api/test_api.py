from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.records import Document
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.asking.service import Answers, Service
from qa.web.messages import catalogue
from qa.web.page.pages import add_pages


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


class Shelf(dict[str, Document]):
    """Documents that count how often they are read."""

    read = 0

    def values(self) -> Any:
        self.read += len(self)
        return super().values()


def test_the_documents_are_read_once_however_often_they_are_listed(settings: Settings, assistant: Assistant) -> None:
    shelf = Shelf(assistant.by_path)
    service = Service(settings, cast(Answers, SimpleNamespace(**(vars(assistant) | {"by_path": shelf}))))
    api = make_api(service)
    add_pages(api, service)
    client = TestClient(api)
    first = [client.get(path) for path in ("/api/documents", "/documents?lang=fi", "/accessibility")]
    once = shelf.read
    again = [client.get(path) for path in ("/api/documents", "/documents?lang=fi", "/accessibility?lang=sv")]
    assert {reply.status_code for reply in (*first, *again)} == {200}
    assert [reply.content for reply in first[:2]] == [reply.content for reply in again[:2]]
    assert once > 0
    assert shelf.read == once


def test_a_list_of_documents_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/api/documents")
    again = client.get("/api/documents", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get("/api/documents", headers={"If-None-Match": '"another"'}).json() == first.json()


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
