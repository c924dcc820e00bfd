"""XML: a sitemap is named, so that it isn't taken for a document; other XML has no text to answer from."""

from __future__ import annotations

import re

from qa.errors import DocumentError
from qa.ingest.source import Page, SavedFile

_SITEMAP = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b")
_HEAD_BYTES = 20_000


def read(file: SavedFile) -> Page:
    """Raises DocumentError, always."""
    if _SITEMAP.search(file.data[:_HEAD_BYTES]):
        raise DocumentError("is a sitemap and holds no text itself: fetch its pages with `qa crawl --list`")
    raise DocumentError("is XML of no known kind: save it as HTML, Markdown or text")
