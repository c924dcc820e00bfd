"""Lines as they stand on printed pages → parts.

A PDF knows no paragraphs, only pieces of text at places. What belongs together is told by place and size: a line goes
on in the next where the next word would not have fitted; larger or bold type is a heading; what comes back on page
after page is none of the text. Text is taken in the order in which it was set, which is mostly that of its columns;
columns that were set line by line are told from tables by their running text. A small drawing before a line is a
bullet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from qa.ingest.layout import Part
from qa.ingest.table import table_parts
from qa.text import ADDRESS, PHONE, clean, is_person_name

_BULLET = re.compile(r"^\s*([•▪▫◦●○■□·‣⁃∙–—-]|\d{1,2}[.)])\s+(?=\S)")
_LONE_BULLET = re.compile(r"\s*([•▪▫◦●○■□·‣⁃∙–—-]|\d{1,2}[.)]?)\s*")
_BULLETS_OF_FONTS = str.maketrans(dict.fromkeys("\x7f\uf0b7\uf0a7\uf0d8\uf076", "•"))
_PAGE_NUMBER = re.compile(
    r"\W*(?:[^\W\d]{1,8}\.?\s)?#(?:\s?(?:[/|(–-]|of|av|af|von|sur|de|van)?\s?#\)?)?\W*", re.IGNORECASE
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")
_AND = re.compile(r"(?:ja|tai|sekä|och|eller|og|und|oder|and|or|et|ou|või|ning|en|of|y|e|o|i|lub)\b")
_SENTENCE_END = (".", "!", "?", ":", ";", "…")
_NO_TITLE_END = (".", "!", ":", ";", "…")
# Widths of letters as a part of the size of the type, as in most sans serifs.
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMWÆŒ@%")
_MARGIN = 0.12  # of the height of the page, where heads and feet stand
_ALIGNED_PT = 2.0
_COLUMN_LINES = 4  # as many lines of nearly one width show how wide their column is
_EDGE_LINES = 2
_PROSE_LINES = 4  # side by side; fewer may be a table
_MIN_SHARE_SMALL = 0.3  # of the lines of running text that open with a small letter
_MIN_SHARE_FULL = 0.6  # of them that are about as wide as their column
_MIN_PROSE_CHARS = 15  # on average
_MAX_DROP = 2.2  # from one line to the next, in sizes of type
_LARGER = 1.15
_MAX_HEADING_CHARS = 200
_MAX_BOLD_HEADING_CHARS = 90


@dataclass(frozen=True, slots=True)
class Piece:
    """Text at a place: ``x`` and ``y`` in points from the lower left corner, ``size`` of the type in points."""

    text: str
    x: float
    y: float
    size: float
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A small drawing, such as a bullet: its left edge and the middle of its height, in points."""

    x: float
    y: float


@dataclass(slots=True)
class Line:
    """Pieces that stand side by side; ``cells`` are made of those without a gap between, and begin at ``starts``.

    ``height`` is the page's; ``room`` is how wide the lines around it are, once that is known.
    """

    page: int
    height: float
    x: float
    y: float
    size: float
    is_bold: bool
    cells: list[str]
    starts: list[float]
    pieces: list[str]
    end: float = 0.0
    room: float = 0.0

    @property
    def text(self) -> str:
        return " ".join(cell.strip() for cell in self.cells if cell.strip())

    @property
    def width(self) -> float:
        return self.size * _width(self.text)


def _width(text: str) -> float:
    """Of a text whose type has the size 1, near enough to tell gaps between columns from spaces."""
    return sum(0.27 if c in _NARROW else 0.83 if c in _WIDE else 0.67 if c.isupper() else 0.51 for c in text)


def lines_of(page: int, height: float, pieces: Sequence[Piece], marks: Sequence[Mark] = ()) -> list[Line]:
    """The lines of a page in the order of its pieces, column by column."""
    lines = list(_in_columns(_set_lines(page, height, pieces)))
    for line in lines:
        if not _BULLET.match(line.text) and any(_is_before(mark, line) for mark in marks):
            line.cells[0] = f"• {line.cells[0].lstrip()}"
    return lines


def _is_before(mark: Mark, line: Line) -> bool:
    """Whether a mark stands right before a line and at its height."""
    return 0 < line.x - mark.x < 2.5 * line.size and 0 < mark.y - line.y < 0.8 * line.size


def _in_columns(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, those of running text that stand side by side one column after another."""
    run: list[Line] = []
    for line in lines:
        if run and not _stands_below(line, run):
            yield from _parted(run)
            run = []
        if run or len(line.cells) > 1:
            run.append(line)
        else:
            yield line
    yield from _parted(run)


def _stands_below(line: Line, run: Sequence[Line]) -> bool:
    """Whether a line goes on with the cells of those above it, or with some of them."""
    starts = run[0].starts
    are_aligned = all(any(abs(own - start) < _ALIGNED_PT for start in starts) for own in line.starts)
    beyond = next((start for start in starts if start > line.starts[-1] + _ALIGNED_PT), line.end)
    return are_aligned and line.end <= beyond and 0 < run[-1].y - line.y <= _MAX_DROP * line.size


def _parted(run: Sequence[Line]) -> Iterator[Line]:
    """A run of lines as it is when it is a table, column by column when it is running text or cards of people."""
    columns = [[line for line in run if _cell_at(line, start)] for start in (run[0].starts if run else ())]
    if len(columns) < 2 or not (all(map(_is_prose, columns, run[0].starts)) or _are_cards(run)):
        yield from run
        return
    for start, column in zip(run[0].starts, columns, strict=True):
        for line in column:
            cell = _cell_at(line, start)
            end = start + line.size * _width(cell)
            yield replace(line, x=start, cells=[cell], starts=[start], pieces=[cell], end=end)


def _are_cards(run: Sequence[Line]) -> bool:
    """Whether names stand side by side over how those people are reached."""
    reached = any(ADDRESS.search(cell) or PHONE.search(cell) for line in run[1:] for cell in line.cells)
    return reached and all(is_person_name(cell) for cell in run[0].cells)


def _cell_at(line: Line, start: float) -> str:
    return next(
        (cell for cell, own in zip(line.cells, line.starts, strict=False) if abs(own - start) < _ALIGNED_PT), ""
    )


def _is_prose(column: Sequence[Line], start: float) -> bool:
    """Whether the lines of a column are such as a paragraph is broken into: about as wide, many opening small."""
    cells = [_cell_at(line, start).strip() for line in column]
    widest = max(map(_width, cells), default=0.0)
    full = sum(_width(cell) >= 0.7 * widest for cell in cells)
    small = sum(cell[:1].islower() for cell in cells)
    is_long = sum(map(len, cells)) >= _MIN_PROSE_CHARS * len(cells)
    are_alike = full >= _MIN_SHARE_FULL * len(cells) and small >= _MIN_SHARE_SMALL * len(cells)
    return len(cells) >= _PROSE_LINES and is_long and are_alike


def _set_lines(page: int, height: float, pieces: Sequence[Piece]) -> list[Line]:
    """The lines of a page as they were set."""
    lines: list[Line] = []
    for piece in pieces:
        text = piece.text.replace("\n", " ").translate(_BULLETS_OF_FONTS)
        last = lines[-1] if lines else None
        end = piece.x + piece.size * _width(text.strip())
        if last and abs(last.y - piece.y) <= 0.5 * max(last.size, piece.size) and piece.x >= last.x:
            _go_on(last, piece, text, lines[-2].starts if len(lines) > 1 else [])
            if text.strip():  # a space that the library puts in stands where the next word does, however far
                last.end = max(last.end, end) if piece.x > last.x else last.x + last.width
        elif text.strip():
            lines.append(
                Line(page, height, piece.x, piece.y, piece.size, piece.is_bold, [text], [piece.x], [text], end)
            )
    for line, below in pairwise(lines):
        if len(line.cells) < len(below.cells) == len(line.pieces):
            line.cells = line.pieces  # the heads of columns, set too close to be told apart by themselves
    return [line for line in lines if line.text]


def _go_on(line: Line, piece: Piece, text: str, above: Sequence[float]) -> None:
    """Puts a piece into its line, as a cell of its own after a wide gap or below a cell of the line ``above``."""
    gap = piece.x - line.end
    bullet = _LONE_BULLET.fullmatch(line.cells[0]) if len(line.cells) == 1 and gap < 2.5 * piece.size else None
    is_bullet = bullet is not None and bool(text.strip())
    is_below_cell = any(abs(piece.x - start) < _ALIGNED_PT for start in above[1:])
    is_wide = gap > piece.size * (0.15 if is_below_cell else 0.8 + 0.03 * _width(line.cells[-1]))
    if piece.x > line.x and is_wide and not is_bullet and text.strip():
        line.cells.append(text)
        line.starts.append(piece.x)
    else:
        if bullet and is_bullet and bullet[1].isdigit():
            line.cells[0] = f"{bullet[1]}."
        is_apart = is_bullet or (piece.x > line.x and gap > 0 and not line.cells[-1].endswith(" "))
        line.cells[-1] += f" {text}" if is_apart else text
    if text.strip():
        line.pieces.append(text)
        line.size = piece.size if is_bullet else max(line.size, piece.size)
        line.is_bold = piece.is_bold and (line.is_bold or is_bullet)


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
        if self._level(last) != self._level(line) or abs(last.size - line.size) > 0.6 or _BULLET.match(line.text):
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
        first_word = last.size * _width(f" {line.text.split(maxsplit=1)[0]}")
        return last.width + first_word > 0.9 * last.room and len(last.text) > 25

    def _part(self, block: Sequence[Line]) -> Part:
        text = self._joined([line.text for line in block])
        level = self._level(block[0])
        bullet = _BULLET.match(text)
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
        return len(self.levels) + 1 if is_heading and not _BULLET.match(text) else 0

    def _is_larger(self, line: Line) -> bool:
        return line.size >= _LARGER * self.body_size and any(map(str.isalpha, line.text))

    def _column(self, line: Line) -> tuple[int, int]:
        """Where a line begins, roughly: the lines of a column and an indented list are alike."""
        return line.page, round(line.x / 60)
