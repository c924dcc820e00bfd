"""One reply from servers that don't play by the rules of HTTP: a socket that says whatever a test wants."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat

import pytest

from qa.crawl.fetch import Fetcher, Reply
from qa.crawl.network import GuardedNetwork
from qa.errors import FetchFailed

TIMEOUT_S = 0.4


@contextmanager
def socket_that_says(pieces: Iterable[bytes], pause_s: float = 0.0) -> Iterator[str]:
    """The address of a server that answers one request with these pieces, then hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause_s)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    thread.join(timeout=5)


def fetch(url: str, max_bytes: int = 1_000) -> Reply:
    async def once() -> Reply:
        network = GuardedNetwork(allow_private=True)
        async with Fetcher(network, timeout_s=TIMEOUT_S, max_bytes=max_bytes) as fetcher:
            return await fetcher.get(url)

    return asyncio.run(once())


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("pieces", "pause_s", "message"),
    [
        ((b"",), 0.8, "takes too long"),
        ((b"HTTP/1.1 200 OK\r\n", *repeat(b"X-Drip: x\r\n", 40)), 0.05, "takes too long"),
        ((OK + b"\r\n", *repeat(b"x", 40)), 0.05, "takes too long"),
        ((OK + b"Content-Length: 9\r\n\r\nshort",), 0.0, "the connection broke off"),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",), 0.0, "the connection broke off"),
        ((OK, *repeat(b"X-Long: " + b"x" * 60_000 + b"\r\n", 40)), 0.0, "the connection broke off"),
        ((b"SSH-2.0-server\r\n",), 0.0, "the connection broke off"),
        ((), 0.0, "the connection broke off"),
        ((OK + b"Content-Length: 999999999999\r\n\r\n",), 0.0, "is larger than 0.001 MB"),
        ((OK + b"Content-Encoding: gzip\r\n\r\nplain",), 0.0, "is damaged"),
    ],
)
def test_a_reply_that_is_none(pieces: tuple[bytes, ...], pause_s: float, message: str) -> None:
    started_s = time.monotonic()
    with socket_that_says(pieces, pause_s) as url, pytest.raises(FetchFailed, match=message):
        fetch(url)
    assert time.monotonic() - started_s < 5


def test_a_redirect_may_be_written_in_utf8() -> None:
    sent = "/ystävä".encode().decode("latin-1")  # as headers are read
    assert Reply("https://example.org/a", 301, (("location", sent),)).target == "https://example.org/yst%C3%A4v%C3%A4"
