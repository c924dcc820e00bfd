"""The report's markup and words: text of strangers made harmless, figures said as people say them, tables that scroll.

Questions, gold strings and documents are written by strangers: all of it goes through ``safe``. What the other
functions take as ``str`` named ``html`` or as cells is markup already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from qa.evaluation.results import Interval
from qa.markup import safe

_CODE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")

LANGUAGE_NAMES = {
    "en": "English",
    "fi": "Finnish",
    "sv": "Swedish",
    "nb": "Norwegian Bokmål",
    "nn": "Norwegian Nynorsk",
    "da": "Danish",
    "de": "German",
    "fr": "French",
    "et": "Estonian",
    "is": "Icelandic",
    "nl": "Dutch",
    "es": "Spanish",
    "it": "Italian",
    "pl": "Polish",
    "und": "an unknown language",
}

METRIC_NAMES = {
    "answer": ("Answered right", "the reply holds what was expected, of questions that the documents answer"),
    "exact_match": ("Exact words", "the words marked as the answer are exactly an expected one"),
    "f1": ("Shared words", "how far the marked words agree with the best expected answer"),
    "citation": ("Right document cited", "the source quoted is an expected document, of answers given"),
    "citation_quote": ("Quote holds the answer", "the quote alone holds what was expected, of answers given"),
    "contact": ("Right contact", "the contact cards hold the expected person or address"),
    "answer_language": ("Answer in the asker’s language", "where the documents have it in the question’s language"),
    "language": ("Question’s language recognised", "the language was detected as the question set labels it"),
    "refusal": ("Rightly refused", "of questions that the documents don’t answer"),
    "refusal_precision": ("Refusals that are right", "of everything refused"),
    "false_refusal": ("Wrongly refused", "of questions that the documents do answer; lower is better"),
    "mrr@10": ("Rank of the right document", "mean of 1 divided by the rank, 0 beyond the tenth (MRR@10)"),
    "ndcg@10": ("Ranking of the first ten", "all right documents, near the top (nDCG@10)"),
    "recall@1": ("Right document first", "an expected document is the first one found"),
    "recall@3": ("Right document in the first three", "an expected document is among the first three found"),
    "recall@5": ("Right document in the first five", "an expected document is among the first five found"),
    "recall@10": ("Right document in the first ten", "an expected document is among the first ten found"),
}
"""Name and meaning of each metric."""

LOWER_IS_BETTER = frozenset({"false_refusal"})


def in_language(code: str) -> str:
    """The attributes of an element whose text is in a language; ``und`` for a code that is none.

    >>> in_language("nb"), in_language('x" onclick="')
    ('lang="nb" dir="auto"', 'lang="und" dir="auto"')
    """
    return f'lang="{code if _CODE.fullmatch(code) else "und"}" dir="auto"'


def language_name(code: str) -> str:
    """English name of a language, safe to insert; the code itself when it has no name here.

    >>> language_name("fi"), language_name("<b>")
    ('Finnish', '&lt;b&gt;')
    """
    return LANGUAGE_NAMES.get(code) or safe(code)


def metric_name(metric: str) -> str:
    """What a metric is called in the report, safe to insert."""
    return METRIC_NAMES.get(metric, (safe(metric),))[0]


def metric_meaning(metric: str) -> str:
    """What a metric measures, in a few words; empty for one that the report doesn't know."""
    return METRIC_NAMES.get(metric, ("", ""))[1]


def percent(share: float) -> str:
    """A share in [0, 1] in whole percent; only all is 100 and only none is 0.

    >>> percent(0.814), percent(0.999), percent(0.001)
    ('81\\xa0%', 'over 99\\xa0%', 'under 1\\xa0%')
    """
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        return "over 99\u00a0%"
    if rounded == 0 and share > 0:
        return "under 1\u00a0%"
    return f"{rounded}\u00a0%"


def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign.

    >>> points(0.042), points(-0.5)
    ('+4.2', '−50.0')
    """
    return f"{difference * 100:+.1f}".replace("-", "−")


def likely(cell: Interval) -> str:
    """The interval in words.

    >>> likely(Interval(0.8, 0.74, 0.87, 140)), likely(Interval(1.0, 1.0, 1.0, 12))
    ('likely between 74 and 87\\xa0%', 'the same in all 12')
    """
    if cell.low == cell.high:
        return f"the same in all {cell.n}" if cell.n > 1 else "one question only"
    return f"likely between {round(cell.low * 100)} and {round(cell.high * 100)}\u00a0%"


def counted(n: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "question"), counted(1200, "question"), counted(2, "reply", "replies")
    ('1 question', '1,200 questions', '2 replies')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def table(id: str, caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], above: str = "") -> str:
    """A table in a region of its own that scrolls and takes the focus; the first cell of a row is its heading.

    Caption, columns and cells are markup; a cell that starts with ``<td`` stands as it is. ``above`` are rows of
    headings above the columns.
    """
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(map(_cell, row[1:]))}</tr>' for row in rows)
    return (
        f'<div class="scroll" role="region" aria-labelledby="{id}" tabindex="0"><table>'
        f'<caption id="{id}">{caption}</caption>'
        f"<thead>{above}<tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def folded(summary: str, html: str) -> str:
    """Markup behind a line that unfolds it."""
    return f"<details><summary>{summary}</summary>{html}</details>"


def _cell(html: str) -> str:
    return html if html.startswith("<td") else f"<td>{html}</td>"
