"""Addresses and numbers that a page only links to, told in its text: "Send e-mail" alone reaches nobody."""

from __future__ import annotations

import re
from urllib.parse import unquote

from qa.text import ADDRESS, clean


def linked_contact(href: str | None) -> str | None:
    """The address of a ``mailto:`` link or the number of a ``tel:`` link.

    >>> linked_contact("mailto:ada@x.org?subject=Hi"), linked_contact("tel:+358-9-7711"), linked_contact("https://x.org")
    ('ada@x.org', '+358-9-7711', None)
    """
    scheme, _, rest = (href or "").strip().partition(":")
    value = clean(unquote(rest.split("?")[0].split(",")[0])).replace("\n", " ")
    if scheme.lower() == "mailto":
        return value if ADDRESS.fullmatch(value) else None
    return value if scheme.lower() == "tel" and re.fullmatch(r"\+?[\d ()./-]{4,25}", value) else None


def untold(text: str, href: str | None) -> str | None:
    """What a link reaches when its text, which stands on the page, doesn't say it."""
    value = linked_contact(href)
    if value is None:
        return None
    if "@" in value:
        return None if ADDRESS.search(text) else value
    return None if sum(map(str.isdigit, text)) >= 4 else value
