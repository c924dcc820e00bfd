"""The real service as a process of its own, and the real browser that visits it: what the tests of the web share."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from qa.settings import PROJECT_DIR

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt-get install chromium")
# Chromium's own errands would look like the page's.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(index_dir: Path, port: int, **settings: str) -> subprocess.Popen[str]:
    """The service over an index (built when there is none); ``settings`` are environment variables."""
    # Many tests in one minute come from one address.
    given = {"KYSY_INDEX_DIR": str(index_dir), "KYSY_PORT": str(port), "KYSY_CLIENT_RATE_PER_MINUTE": "0", **settings}
    environ = {**os.environ, **given}
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=PROJECT_DIR,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
