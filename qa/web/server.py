"""The service: the API and the page in one process, on one port."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn

from qa.assistant import Assistant
from qa.building import build
from qa.errors import IndexMismatch, IndexMissing, ServerError
from qa.progress import progress_bar
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.asking.reload import Reloader, following
from qa.web.asking.service import Service
from qa.web.drawing.assets import add_assets
from qa.web.guard.connections import patient
from qa.web.page.page import mount_page

_SHUTDOWN_S = 3


def serve(settings: Settings) -> None:
    """Builds the index when there is none, answers until it is told to stop (SIGTERM, SIGINT).

    Prints one line, ``ready: http://…``, when questions can be asked. Raises ServerError when the port can't be
    had, and what ``build`` and ``Assistant.load`` raise.
    """
    with _listening(settings) as listener:
        assistant = load_or_build(settings)
        service = Service(settings, assistant)
        api = make_api(service)
        add_assets(api)
        app = mount_page(api, service)
        config = uvicorn.Config(
            app,
            http=patient(settings.request_timeout_s),
            log_level="error",  # warnings would be as many as clients that do something wrong
            access_log=False,
            proxy_headers=False,  # `clients` decides whom to believe
            server_header=False,
            limit_concurrency=settings.max_connections,
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        server = _Server(config, service)
        logging.getLogger("uvicorn.error").addFilter(_Farewell())
        # uvicorn raises the signal that stopped it once more when it is done; by then there is nothing left to do.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        gc.collect()
        gc.freeze()  # what is loaded stays: looking through it for cycles again and again holds up answers
        with following(Reloader(service, assistant)):
            server.run(sockets=[listener])
        gc.freeze()  # the process ends: looking through all it holds for cycles would only take time


def load_or_build(settings: Settings) -> Assistant:
    """The assistant over the current index; builds it first when there is none or it is for another model."""
    try:
        return Assistant.load(settings)
    except (IndexMissing, IndexMismatch):
        print(f"building the index of {settings.corpus_dir}", file=sys.stderr)
    with progress_bar() as progress:
        report = build(settings, progress)
    for file in report.skipped:
        print(f"skipped {file.path}: {file.reason}", file=sys.stderr)
    for remark in report.remarks:
        print(f"{remark.path} {remark.text}", file=sys.stderr)
    return Assistant.load(settings)


class _Farewell(logging.Filter):
    """Every open page holds a connection; that stopping the service cuts it is no fault to report."""

    def filter(self, record: logging.LogRecord) -> bool:
        is_cut = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not is_cut and "graceful shutdown" not in str(record.msg)


class _Server(uvicorn.Server):
    """Says when it is ready, and takes requests for a moment longer once it is told to stop.

    In that moment ``/readyz`` says 503, so that a load balancer sends nobody more.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self._settings = service.settings

    async def main_loop(self) -> None:
        await super().main_loop()
        self._service.drain()
        await asyncio.sleep(self._settings.drain_s)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host = self._settings.host
            shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
            print(f"ready: http://{shown}:{self._settings.port}/", flush=True)


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The port, taken before anything slow is done. Raises ServerError when it can't be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(128)
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            if error.errno == errno.EADDRINUSE:
                raise ServerError(
                    f"port {settings.port} is in use: choose another with --port, or stop what uses it"
                ) from None
            raise ServerError(
                f"can't listen on {where} ({os.strerror(error.errno or 0)}): check --host and --port"
            ) from None
        yield listener
