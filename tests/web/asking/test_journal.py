from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.errors import SettingsError
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.asking.journal import Journal, Retention
from qa.web.asking.scrub import scrub
from qa.web.asking.service import Service

QUESTION = "When was CEMR founded? Tell maija.m@example.org or +358 40 123 4567"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mail matti.m@example.org now", "Mail [email] now"),
        ("matti(at)example.org", "[email]"),
        ("call +358 40 123 4567.", "call [phone]."),
        ("ring 08-123 456 78", "ring [phone]"),
        ("hetu 131052-308T", "hetu [person]"),
        ("hetu 010594Y9032", "hetu [person]"),
        ("pnr 19811218-9876 eller 811218+9876", "pnr [person] eller [person]"),
        ("fnr 070761 42854", "fnr [person]"),
        ("cpr 070761-4285", "cpr [person]"),
        ("isikukood 37605030299", "isikukood [person]"),
        ("kortti 4111 1111 1111 1111", "kortti [card]"),
        ("tili FI21 1234 5600 0007 85", "tili [account]"),
        ("IBAN DE89370400440532013000!", "IBAN [account]!"),
        ("CEMR was founded in 1951 and has 60 members, 1 300 towns", None),
        ("What happened on 2021-12-02, or 2.12.2021, or 2019–2023?", None),
    ],
)
def test_scrubbing(text: str, expected: str | None) -> None:
    assert scrub(text) == (expected or text)


def records(folder: Path) -> list[dict[str, Any]]:
    lines = [line for file in sorted(folder.iterdir()) for line in file.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def test_nothing_is_written_by_default(
    settings: Settings, assistant: Assistant, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    client = TestClient(make_api(Service(replace(settings, data_dir=tmp_path / "data"), assistant)))
    client.post("/api/ask", json={"question": QUESTION})
    client.post("/api/feedback", json={"id": "0" * 32, "verdict": "up", "comment": QUESTION})
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_what_is_kept_is_scrubbed(settings: Settings, assistant: Assistant, tmp_path: Path) -> None:
    service = Service(replace(settings, data_dir=tmp_path, retention_days=7), assistant)
    client = TestClient(make_api(service))
    given = client.post("/api/ask", json={"question": QUESTION}).json()["id"]
    client.post("/api/feedback", json={"id": given, "verdict": "down", "comment": "Call 0401234567", "language": "fi"})
    asked, judged = records(tmp_path)
    assert (asked["kind"], asked["id"], asked["channel"]) == ("question", given, "api")
    assert asked["question"] == "When was CEMR founded? Tell [email] or [phone]"
    assert (judged["kind"], judged["id"], judged["verdict"], judged["language"]) == ("feedback", given, "down", "fi")
    assert "0401234567" not in judged["comment"]
    assert datetime.fromisoformat(asked["at"]).second == 0


def test_records_go_when_their_days_are_over(tmp_path: Path) -> None:
    today = datetime(2026, 3, 10, 12, tzinfo=UTC)
    now = [today]
    kept = Retention(tmp_path, 2, lambda: now[0])
    (tmp_path / "notes.txt").write_text("not ours")
    for day in range(5):
        now[0] = today + timedelta(days=day)
        kept.keep({"day": day})
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["notes.txt", *(f"questions-2026-03-{day}.jsonl" for day in (12, 13, 14))]


def test_a_folder_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(retention_days=1, data_dir=tmp_path / "file" / "data")
    with pytest.raises(SettingsError, match="records can't be kept there"):
        Journal.from_settings(settings)


def test_a_request_is_one_line_that_tells_nothing_of_who_or_what(settings: Settings, assistant: Assistant) -> None:
    log = io.StringIO()
    client = TestClient(make_api(Service(settings, assistant, journal=Journal(log))), client=("203.0.113.7", 1))
    reply = client.post("/api/ask", json={"question": QUESTION})
    client.get("/api/no-such-thing")
    client.post("/api/feedback", json={"id": "x", "verdict": "up"})
    first, second, third = (json.loads(line) for line in log.getvalue().splitlines())
    assert first["id"] == reply.headers["X-Request-ID"] == reply.json()["id"]
    assert (first["method"], first["path"], first["status"]) == ("POST", "/api/ask", 200)
    assert (first["language"], first["outcome"]) == ("en", reply.json()["status"])
    assert (second["path"], second["status"]) == ("/api/{path:path}", 404)
    assert (third["path"], third["status"]) == ("/api/feedback", 422)
    assert all(word not in log.getvalue() for word in ("CEMR", "203.0.113.7", "example.org", "no-such"))
