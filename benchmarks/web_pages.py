"""Which reader of web pages keeps the text and leaves out the furniture: Kysy's own, trafilatura, readability.

Run ``python -m benchmarks.web_pages``. The pages are those of ``tests/data/pages``; beside each stands a list of lines
that must be told (``+``) and of lines that must not (``-``); its other lines are for the tests. Other readers are
compared when they are installed
(trafilatura and readability-lxml with lxml_html_clean).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from qa.ingest.contacts import split_contacts, with_people
from qa.ingest.html import read_html
from qa.ingest.layout import lay_out

PAGES = Path(__file__).resolve().parent.parent / "tests" / "data" / "pages"


def own(markup: str) -> str:
    page = read_html(markup)
    return lay_out(with_people(split_contacts(page.parts), page.people))[0]


def others() -> Iterator[tuple[str, Callable[[str], str]]]:
    try:
        import trafilatura

        yield "trafilatura", lambda markup: trafilatura.extract(markup, include_tables=True) or ""
        yield "trafilatura, recall", lambda markup: trafilatura.extract(markup, favor_recall=True) or ""
    except ImportError:
        pass
    try:
        import readability

        yield "readability", lambda markup: re.sub(r"<[^>]+>", " ", readability.Document(markup).summary())
    except ImportError:
        pass


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def scores(read: Callable[[str], str]) -> tuple[float, float]:
    """Share of the wanted lines that are told, and of the unwanted that are not; over all pages."""
    told = {"+": [0, 0], "-": [0, 0]}
    for page in sorted(PAGES.glob("*.html")):
        text = squeezed(read(page.read_text("utf-8")))
        lines = page.with_suffix(".txt").read_text("utf-8").splitlines()
        for line in (line for line in lines if line[0] in told):
            told[line[0]][0] += (squeezed(line[2:]) in text) == (line[0] == "+")
            told[line[0]][1] += 1
    return told["+"][0] / told["+"][1], told["-"][0] / told["-"][1]


if __name__ == "__main__":
    print(f"{'reader':22} {'text kept':>10} {'furniture left out':>20}")
    for name, read in (("Kysy", own), *others()):
        kept, left_out = scores(read)
        print(f"{name:22} {kept:10.1%} {left_out:20.1%}")
