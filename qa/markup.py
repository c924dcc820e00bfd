"""Untrusted text → harmless HTML.

Documents and questions are written by strangers. Everything that reaches a page goes through ``safe``;
there is no Markdown and no "trusted" path around it, so there is nothing to forget.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlsplit

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but not tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # those that turn the direction of the text around them
    "\ud800-\udfff\ufffe\uffff]"  # no characters at all: they can't be sent as UTF-8
)


def safe(text: str) -> str:
    """``text`` for HTML content and quoted attributes; invisible controls become a visible sign.

    >>> safe('<b title="x">\\u202egnp.exe')
    '&lt;b title=&quot;x&quot;&gt;\ufffdgnp.exe'
    """
    return escape(_UNSEEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")), quote=True)


def web_address(url: str | None) -> str | None:
    """``url`` when it is an ordinary web address, else None (``javascript:`` and its kin never become links).

    >>> web_address("https://example.org/a"), web_address("javascript:alert(1)")
    ('https://example.org/a', None)
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
