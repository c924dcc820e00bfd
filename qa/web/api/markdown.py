"""Text → what chat clients, which show Markdown, show as that text."""

from __future__ import annotations

import re

# Links, images and tags; a document must not make a client fetch anything.
_LIVE = re.compile(r"(?<=\])(?=[(\[:])|(?=<[A-Za-z/!?])")
_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")


def as_markdown(text: str) -> str:
    """``text`` with its lines kept, and what would link, load or format taken for what it is.

    >>> as_markdown("![](https://example.org/a.png)")
    '![]\\\\(https://example.org/a.png)'
    """
    return _LINE_END.sub("  \n", _LIVE.sub(r"\\", text))
