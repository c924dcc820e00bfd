"""What the tests of the crawl share: a local server, and a crawl of it in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qa.crawl.crawl import crawl
from qa.crawl.plan import plan_of
from qa.crawl.records import Report
from qa.settings import Settings
from tests.crawl.server import LocalServer

RunCrawl = Callable[..., Report]


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer().running() as running:
        yield running


@pytest.fixture
def run_crawl(tmp_path: Path) -> RunCrawl:
    """A function that crawls from the addresses given into ``tmp_path / "crawled"``, without pauses."""

    def run(*addresses: str, settings: dict[str, Any] | None = None, **plan: Any) -> Report:
        return crawl_quickly(tmp_path / "crawled", *addresses, settings=settings, **plan)

    return run


def crawl_quickly(folder: Path, *addresses: str, settings: dict[str, Any] | None = None, **plan: Any) -> Report:
    quick = replace(Settings(), crawl_dir=folder, crawl_delay_s=0.0, crawl_timeout_s=1.0, max_file_mb=5)
    told = plan_of({"addresses": addresses, "allow_private": True} | plan)
    return crawl(replace(quick, **(settings or {})), told, retry_s=0.02)


def metas(folder: Path) -> dict[str, dict[str, Any]]:
    """Every sidecar below a folder, by the address it tells."""
    found = (json.loads(file.read_text("utf-8")) for file in folder.rglob("*.meta.json"))
    return {meta["url"]: meta for meta in found}


def reasons(report: Report) -> dict[str, str]:
    """Outcome and reason of each address, below its host."""
    return {below_host(line.url): f"{line.outcome}: {line.reason}" for line in report.lines}


def below_host(url: str) -> str:
    """An address without scheme and host."""
    return "/" + url.split("/", 3)[3]
