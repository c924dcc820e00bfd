"""Formats that are known and not read, so that nobody wonders where their file went."""

from __future__ import annotations

from qa.errors import DocumentError
from qa.ingest.source import Page, SavedFile


def read(file: SavedFile) -> Page:
    """Raises DocumentError, always."""
    raise DocumentError(f"is in a format that isn't read ({file.suffix}): save it as DOCX, ODT, XLSX or PDF")
