"""A real HTTP server in a thread, which serves what a test gives it and remembers what it was asked."""

from __future__ import annotations

import gzip
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Body = bytes | Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Served:
    """One reply; a body that is a function is sent piece by piece, until it ends or the client goes."""

    body: Body = b""
    status: int = 200
    content_type: str | None = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    etag: str | None = None


class _QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that hang up, which crawlers do."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it: when it came, in s, and how many were under way with it."""

    path: str
    at_s: float
    together: int
    headers: dict[str, str]
    status: int


Answer = Callable[[str, dict[str, str]], Served]


@dataclass
class LocalServer:
    """Serves ``pages`` by path and query; what isn't there is asked of ``otherwise``, or is 404."""

    pages: dict[str, Served | Answer] = field(default_factory=dict)
    otherwise: Answer | None = None
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    _busy: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self, *, status: int | None = None) -> list[str]:
        """Paths asked for but robots.txt and sitemaps, in order."""
        named = [one for one in self.asked if status is None or one.status == status]
        return [one.path for one in named if one.path != "/robots.txt" and "sitemap" not in one.path]

    def answer(self, path: str, headers: dict[str, str]) -> Served:
        found = self.pages.get(path) or self.otherwise
        served = found(path, headers) if callable(found) else found or Served(b"not here", 404)
        if served.etag and headers.get("if-none-match") == served.etag:
            return Served(status=304, etag=served.etag)
        return served

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None) -> Iterator[LocalServer]:
        server = _QuietServer(("127.0.0.1", 0), self._handler())
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                headers = {key.lower(): value for key, value in self.headers.items()}
                with site._lock:
                    site._busy += 1
                    together, at_s = site._busy, time.monotonic()
                try:
                    served = site.answer(self.path, headers)
                    with site._lock:
                        site.asked.append(Asked(self.path, at_s, together, headers, served.status))
                    self._send(served)
                except OSError:
                    self.close_connection = True
                finally:
                    with site._lock:
                        site._busy -= 1

            def _send(self, served: Served) -> None:
                self.send_response(served.status)
                if served.content_type and served.status != 304:
                    self.send_header("Content-Type", served.content_type)
                if served.etag:
                    self.send_header("ETag", served.etag)
                for name, value in served.headers:
                    self.send_header(name, value)
                if isinstance(served.body, bytes):
                    self.send_header("Content-Length", str(len(served.body)))
                    self.end_headers()
                    self.wfile.write(served.body)
                else:
                    self.send_header("Connection", "close")
                    self.close_connection = True
                    self.end_headers()
                    for piece in served.body():
                        self.wfile.write(piece)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def redirect(target: str, status: int = 301) -> Served:
    return Served(b"", status, headers=(("Location", target),))


def packed(body: bytes) -> Served:
    """A page that is sent compressed."""
    return Served(gzip.compress(body), headers=(("Content-Encoding", "gzip"),))
