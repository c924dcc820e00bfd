"""The running service with clients that are slow, vanish, or are there when it is told to stop."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.web.service import free_port, start

TIMEOUT_S = 1.0
STOP_S = 20  # a busy machine takes its time to end a process; `benchmarks.load` measures it
BODY = json.dumps({"question": "When was CEMR founded?"}).encode()
HEAD = b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"


def begun(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    assert process.stdout.readline().startswith("ready: ")


@pytest.fixture(scope="module")
def port(built_index: Path) -> Iterator[int]:
    """A service with little patience."""
    port = free_port()
    with start(built_index, port, KYSY_REQUEST_TIMEOUT_S=str(TIMEOUT_S)) as process:
        begun(process)
        yield port
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=STOP_S)
        assert (process.returncode, complaints) == (0, "")


def dribble(port: int, text: bytes) -> float:
    """Sends a byte now and then; the seconds until the service has had enough."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setblocking(False)
        for byte in text:
            try:
                connection.send(bytes([byte]))
                if connection.recv(1_000) in (b"",):
                    break
            except BlockingIOError:
                pass
            except OSError:
                break
            if time.monotonic() - started > 8:
                break
            time.sleep(0.1)
    return time.monotonic() - started


def in_flight(port: int) -> float:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    [line] = [line for line in text.splitlines() if line.startswith("kysy_in_flight ")]
    return float(line.split()[1]) - 1  # without this one


@pytest.mark.parametrize("text", [HEAD + b"X-A: " + b"a" * 200, HEAD % 200 + b"\r\n" + b"x" * 200])
def test_who_dribbles_is_let_go(port: int, text: bytes) -> None:
    assert TIMEOUT_S * 0.5 < dribble(port, text) < 8
    assert in_flight(port) == 0


def test_who_says_nothing_is_let_go(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        assert is_cut(connection)


def test_a_head_without_end_is_cut(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nX-A: " + b"a" * 200_000)
        except ConnectionError:
            return
        assert is_cut(connection)


def is_cut(connection: socket.socket) -> bool:
    """Whether the service ends the connection without a word."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_clients_that_vanish_leave_nothing_behind(port: int) -> None:
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(HEAD % len(BODY) + b"\r\n" + BODY)
    until = time.monotonic() + 5
    while in_flight(port) and time.monotonic() < until:
        time.sleep(0.05)
    assert in_flight(port) == 0
    assert httpx.post(f"http://127.0.0.1:{port}/api/ask", content=BODY, headers={"Content-Type": "application/json"})


def test_what_happens_is_counted(port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    for question in ("When was CEMR founded?", "Paljonko pullapitko maksaa torilla?"):
        httpx.post(f"{address}/api/ask", json={"question": question})
    httpx.post(f"{address}/api/feedback", json={"id": "0" * 32, "verdict": "up"})
    httpx.get(f"{address}/wp-login.php?x=1")
    reply = httpx.get(f"{address}/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    lines = reply.text.splitlines()
    assert 'kysy_questions_total{channel="api",language="fi",status="not_found"} 1.0' in lines
    assert any(line.startswith('kysy_questions_total{channel="api",language="en",status="answered"}') for line in lines)
    assert 'kysy_feedback_total{verdict="up"} 1.0' in lines
    assert 'kysy_index_documents{language="fi"} 18.0' in lines
    assert any(line.startswith('kysy_requests_total{method="POST",path="/api/ask",status="200"}') for line in lines)
    assert "wp-login" not in reply.text


@pytest.mark.slow
def test_the_order_to_stop_is_told_and_running_requests_finish(built_index: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with start(built_index, port, KYSY_DRAIN_S="1.5") as process:
        begun(process)
        with httpx.Client(base_url=address) as client, socket.create_connection(("127.0.0.1", port)) as slow:
            assert client.get("/readyz").status_code == 200
            slow.sendall(HEAD % len(BODY) + b"\r\n" + BODY[:5])  # begun before the order, complete after it
            process.send_signal(signal.SIGTERM)
            time.sleep(0.4)
            ready = httpx.get(f"{address}/readyz")
            assert (ready.status_code, ready.json()["error"]["code"]) == (503, "not_ready")
            reply = httpx.post(f"{address}/api/ask", json={"question": "When was CEMR founded?"})
            assert "1951" in reply.json()["answer"]
            time.sleep(1.5)
            slow.sendall(BODY[5:])
            slow.settimeout(3)
            assert slow.recv(20).startswith(b"HTTP/1.1 200 OK")
        _, complaints = process.communicate(timeout=STOP_S)
    assert (process.returncode, complaints) == (0, "")
