from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.api.stream import event, pieces
from qa.web.asking.service import Service
from qa.web.messages import catalogue


@pytest.fixture(scope="module")
def client(settings: Settings, assistant: Assistant) -> TestClient:
    return TestClient(make_api(Service(settings, assistant)))


def parsed(text: str) -> list[tuple[str, Any]]:
    """The events, read as the standard says: fields on lines, an empty line ends an event."""
    found = []
    for block in re.split(r"(?:\r\n|\r|\n){2}", text.strip()):
        fields: dict[str, str] = dict(line.split(": ", 1) for line in re.split(r"\r\n|\r|\n", block))  # type: ignore[misc]
        found.append((fields["event"], json.loads(fields["data"])))
    return found


@given(st.text())
def test_pieces_make_up_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_as_an_event(text: str) -> None:
    assert parsed(event("answer", {"text": text})) == [("answer", {"text": text})]


@pytest.mark.parametrize("question", ["Milloin CEMR perustettiin?", "Paljonko pullapitko maksaa torilla?", "Moikka!"])
def test_the_events_make_up_the_answer(client: TestClient, question: str) -> None:
    whole = client.post("/api/ask", json={"question": question}).json()
    reply = client.post("/api/ask", json={"question": question}, headers={"Accept": "text/event-stream"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = parsed(reply.text)
    assert [name for name, _ in events if name != "answer"] == ["language", "passages", "done"]
    said = [data for name, data in events if name == "answer"]
    done = dict(events)["done"]
    assert "".join(data["text"] for data in said) == whole["answer"] == done["answer"]
    assert {data["language"] for data in said} == {whole["answer_language"]}
    assert dict(events)["language"] == {"language": whole["language"]}
    assert dict(events)["passages"] == whole["passages"]
    assert done["id"] == reply.headers["X-Request-ID"] != whole["id"]
    assert {**done, "id": 0, "timings_ms": 0} == {**whole, "id": 0, "timings_ms": 0}


def test_a_fault_has_its_status_though_events_were_asked_for(client: TestClient) -> None:
    headers = {"Accept": "text/event-stream", "Accept-Language": "sv"}
    reply = client.post("/api/ask", json={"question": "?", "page_language": "fi"}, headers=headers)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, "bad_question")
    assert error["message"] == catalogue("fi")("error_bad_question")


def test_a_reply_is_drawn_in_the_language_of_the_page(client: TestClient) -> None:
    question = {"question": "When was CEMR founded?"}
    assert "html" not in client.post("/api/ask", json=question).json()
    drawn = client.post("/api/ask", json={**question, "draw": "fi"}).json()
    assert "englanti" in drawn["html"]
    assert "<mark>1951</mark>" in drawn["html"]
    assert client.post("/api/ask", json={**question, "draw": "xx"}).status_code == 422
