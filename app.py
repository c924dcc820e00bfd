"""Starts the whole service: settings from the environment, then the page, the API and the assistant in one process."""

from __future__ import annotations

from qa.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["serve"]))
