"""Markdown with YAML front matter → front matter and parts.

Markdown is rendered to HTML (raw HTML in it switched off) and read by the HTML reader, so that both
formats have one idea of a heading and a list.
"""

from __future__ import annotations

from typing import Any

import yaml
from markdown_it import MarkdownIt

from qa.errors import DocumentError
from qa.ingest.encoding import decode
from qa.ingest.html import read_fragment
from qa.ingest.layout import Part
from qa.ingest.source import Page, SavedFile

_FENCE = "---"


def read(file: SavedFile) -> Page:
    """Raises DocumentError for front matter that is no YAML."""
    matter, parts = read_markdown(decode(file.data, file.sidecar.charset))
    return Page(parts, matter=matter)


def read_markdown(source: str) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Front matter (empty when there is none) and parts. Raises DocumentError for front matter that is no YAML."""
    matter, body = split_front_matter(source)
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(body)
    for token in tokens:
        if token.type == "list_item_open" and token.info.isdigit():
            token.attrSet("value", token.info)  # as written: rendering alone would count on from the first
    return matter, read_fragment(parser.renderer.render(tokens, parser.options, {}))


def split_front_matter(source: str) -> tuple[dict[str, Any], str]:
    """The YAML between two ``---`` lines at the very top, and the rest.

    >>> split_front_matter("---\\ntitle: Twin towns\\n---\\nText.")
    ({'title': 'Twin towns'}, 'Text.')
    """
    lines = source.lstrip("\ufeff").splitlines(keepends=True)
    if not lines or lines[0].strip() != _FENCE:
        return {}, source
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == _FENCE), None)
    if end is None:
        raise DocumentError("front matter is opened with --- but never closed: add a line --- after it")
    try:
        # Everything stays text: Norwegian "no" is no falsehood, and a phone number keeps its leading zero.
        matter = yaml.load("".join(lines[1:end]), Loader=yaml.BaseLoader) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        place = f" at line {where.line + 2}" if where else ""
        raise DocumentError(f"front matter is not valid YAML{place}: quote values that hold a colon") from None
    if not isinstance(matter, dict):
        raise DocumentError("front matter must be `name: value` lines, such as `title: Twin towns`")
    return matter, "".join(lines[end + 1 :])
