"""Lines of pages → headings, items, paragraphs and tables.

What belongs together is told by place and size: a line goes on in the next where the next word would not have fitted;
larger or bold type is a heading; what comes back on page after page is none of the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from qa.ingest.layout import Part
from qa.ingest.lines import BULLET, Line, width_of
from qa.ingest.table import table_parts
from qa.text import clean

_PAGE_NUMBER = re.compile(
    r"\W*(?:[^\W\d]{1,8}\.?\s)?#(?:\s?(?:[/|(–-]|of|av|af|von|sur|de|van)?\s?#\)?)?\W*", re.IGNORECASE
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")
_AND = re.compile(r"(?:ja|tai|sekä|och|eller|og|und|oder|and|or|et|ou|või|ning|en|of|y|e|o|i|lub)\b")
_SENTENCE_END = (".", "!", "?", ":", ";", "…")
_NO_TITLE_END = (".", "!", ":", ";", "…")
_MARGIN = 0.12  # of the height of the page, where heads and feet stand
_COLUMN_LINES = 4  # as many lines of nearly one width show how wide their column is
_EDGE_LINES = 2
_LARGER = 1.15
_MAX_HEADING_CHARS = 200
_MAX_BOLD_HEADING_CHARS = 90


def parts_of(pages: Sequence[Sequence[Line]]) -> list[Part]:
    """Parts of all pages; heads, feet and page numbers are dropped."""
    sizes = Counter[float]()
    for page in pages:
        for line in page:
            sizes[round(line.size, 1)] += len(line.text)
    body_size = sizes.most_common(1)[0][0] if sizes else 0.0
    lines = [line for page in _without_furniture(pages, body_size) for line in page]
    return list(_PageText(lines, body_size).parts())


def _without_furniture(pages: Sequence[Sequence[Line]], body_size: float) -> list[list[Line]]:
    """The lines without heads and feet, which come back at the edge of most pages, and without page numbers."""
    edges = [_edge_lines(page, body_size) for page in pages]
    seen = Counter(mask for edge in edges for mask in {_masked(line) for line in edge})
    often = max(2.0, 0.5 * len(pages))
    furniture = {
        id(line)
        for edge in edges
        for line in edge
        if seen[_masked(line)] >= often or _PAGE_NUMBER.fullmatch(_masked(line))
    }
    return [[line for line in page if id(line) not in furniture] for page in pages]


def _edge_lines(page: Sequence[Line], body_size: float) -> list[Line]:
    """The outermost lines in the upper and lower margin; what is set larger than the text is no furniture."""
    heights = sorted({round(line.y) for line in page})
    outermost = {*heights[:_EDGE_LINES], *heights[-_EDGE_LINES:]}
    return [
        line
        for line in page
        if round(line.y) in outermost
        and line.size < _LARGER * body_size
        and not _MARGIN * line.height < line.y < (1 - _MARGIN) * line.height
    ]


def _masked(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text)


@dataclass(slots=True)
class _PageText:
    """All lines of a document; ``body_size`` is that of most of its text."""

    lines: Sequence[Line]
    body_size: float
    hyphenated: set[str] = field(default_factory=set)
    levels: dict[float, int] = field(default_factory=dict)
    widest: dict[tuple[int, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hyphenated = {w.lower() for line in self.lines for w in re.findall(r"\w+(?:-\w+)+", line.text)}
        larger = sorted({round(line.size, 1) for line in self.lines if self._is_larger(line)}, reverse=True)
        self.levels = {size: min(level, 5) for level, size in enumerate(larger, 1)}
        for line in self.lines:
            place = self._column(line)
            self.widest[place] = max(self.widest.get(place, 0.0), line.width)
        for run in self._runs():
            widest = max(line.width for line in run)
            is_even = sum(line.width > 0.75 * widest for line in run) > 0.5 * len(run)
            for line in run:
                is_column = len(run) >= _COLUMN_LINES and is_even
                line.room = widest if is_column else self.widest[self._column(line)]

    def _runs(self) -> Iterator[list[Line]]:
        """Lines that stand close below one another and begin alike."""
        run: list[Line] = []
        for line in self.lines:
            last = run[-1] if run else None
            is_close = last and last.page == line.page and 0 < last.y - line.y <= 2 * line.size
            if last and not (is_close and abs(last.x - line.x) < 2 and abs(last.size - line.size) < 0.6):
                yield run
                run = []
            run.append(line)
        if run:
            yield run

    def parts(self) -> Iterator[Part]:
        for count, run in groupby(self.lines, key=lambda line: len(line.cells) if not self._level(line) else 1):
            rows = list(run)
            if count > 1 and len(rows) > 1:
                yield from table_parts([line.cells for line in rows])
            else:
                yield from (self._part(block) for block in self._blocks(rows))

    def _blocks(self, lines: Sequence[Line]) -> Iterator[list[Line]]:
        """Lines that are one heading, item or paragraph."""
        block: list[Line] = []
        for line in lines:
            if block and not self._goes_on(block, line):
                yield block
                block = []
            block.append(line)
        if block:
            yield block

    def _goes_on(self, block: Sequence[Line], line: Line) -> bool:
        last = block[-1]
        if self._level(last) != self._level(line) or abs(last.size - line.size) > 0.6 or BULLET.match(line.text):
            return False
        drop = last.y - line.y
        is_next = last.page == line.page and 0 < drop <= 1.7 * last.size
        if self._level(line):
            return is_next and line.is_bold == last.is_bold and abs(last.x - line.x) < 3 * last.size
        is_open = line.text[:1].islower() or not last.text.endswith(_SENTENCE_END)
        is_elsewhere = (last.page != line.page or drop < 0) and is_open
        is_cut = bool(_HYPHEN.search(last.text)) and line.text[:1].islower()
        return (is_next or is_elsewhere) and (is_cut or self._is_full(last, line))

    def _is_full(self, last: Line, line: Line) -> bool:
        """Whether the next line's first word would not have fitted into the last."""
        first_word = last.size * width_of(f" {line.text.split(maxsplit=1)[0]}")
        return last.width + first_word > 0.9 * last.room and len(last.text) > 25

    def _part(self, block: Sequence[Line]) -> Part:
        text = self._joined([line.text for line in block])
        level = self._level(block[0])
        bullet = BULLET.match(text)
        if level:
            return Part("heading", text, level)
        if bullet:
            marker = f"{bullet[1]} " if bullet[1][0].isdigit() else "- "
            return Part("item", text[bullet.end() :], marker=marker)
        return Part("paragraph", text)

    def _joined(self, lines: Sequence[str]) -> str:
        text = lines[0]
        for line in map(str.lstrip, lines[1:]):
            text = self._with_next(text.rstrip(), line)
        return clean(text)

    def _with_next(self, text: str, line: str) -> str:
        """Two lines as one, a word cut at the end of the first made whole."""
        if not _HYPHEN.search(text) or not line[:1].islower() or _AND.match(line):
            return f"{text} {line}"
        before, after = re.split(r"[\s(]", text)[-1][:-1], re.split(r"[\s.,;:!?)]", line)[0]
        is_compound = before.isupper() or f"{before}-{after}".lower() in self.hyphenated
        return f"{text if is_compound and text.endswith('-') else text[:-1]}{line}"

    def _level(self, line: Line) -> int:
        """The level of a heading, 0 for text."""
        text = line.text
        if self._is_larger(line):
            return self.levels[round(line.size, 1)] if len(text) <= _MAX_HEADING_CHARS else 0
        is_heading = (
            line.is_bold
            and len(line.cells) == 1
            and len(text) <= _MAX_BOLD_HEADING_CHARS
            and not text.endswith(_NO_TITLE_END)
        )
        return len(self.levels) + 1 if is_heading and not BULLET.match(text) else 0

    def _is_larger(self, line: Line) -> bool:
        return line.size >= _LARGER * self.body_size and any(map(str.isalpha, line.text))

    def _column(self, line: Line) -> tuple[int, int]:
        """Where a line begins, roughly: the lines of a column and an indented list are alike."""
        return line.page, round(line.x / 60)
