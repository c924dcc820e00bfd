"""Other sites that put the widget on their pages: servers on loopback, each an origin of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A municipality</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head><body>
<header><h1>A municipality</h1></header>
<main><h2>Services</h2><p>Text with a <a href="#somewhere">link</a>.</p></main>{body}</body></html>"""


@dataclass
class Host:
    """A site: its origin, and its pages by path, each with the headers that it is sent with."""

    origin: str
    pages: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)

    def put(self, path: str, *, head: str = "", body: str = "", lang: str = "en", **headers: str) -> str:
        """Puts a page on the site and gives its address; ``Content_Security_Policy`` names that header."""
        html = PAGE.format(head=head, body=body, lang=lang)
        self.pages[path] = (html, {name.replace("_", "-"): value for name, value in headers.items()})
        return self.origin + path


@contextmanager
def host(name: str) -> Iterator[Host]:
    """A site under a name that leads to loopback, on a free port."""

    class Handler(BaseHTTPRequestHandler):
        site: ClassVar[Host]

        def do_GET(self) -> None:
            html, headers = self.site.pages.get(self.path.partition("?")[0], ("", {}))
            self.send_response(200 if html else 404)
            for key, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Handler.site = Host(f"http://{name}:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Handler.site
        server.shutdown()
        thread.join()
