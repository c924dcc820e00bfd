"""Pieces of text at places on a page → lines, in the order in which they are read.

A PDF knows no lines and no columns. Text is taken in the order in which it was set, which is mostly that of its
columns; columns that were set line by line are told from tables by their running text. A small drawing before a line is
a bullet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qa.text import ADDRESS, PHONE, is_person_name

BULLET = re.compile(r"^\s*([•▪▫◦●○■□·‣⁃∙–—-]|\d{1,2}[.)])\s+(?=\S)")
_LONE_BULLET = re.compile(r"\s*([•▪▫◦●○■□·‣⁃∙–—-]|\d{1,2}[.)]?)\s*")
_BULLETS_OF_FONTS = str.maketrans(dict.fromkeys("\x7f\uf0b7\uf0a7\uf0d8\uf076", "•"))
# Widths of letters as a part of the size of the type, as in most sans serifs.
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMWÆŒ@%")
_ALIGNED_PT = 2.0
_PROSE_LINES = 4  # side by side; fewer may be a table
_MIN_SHARE_SMALL = 0.3  # of the lines of running text that open with a small letter
_MIN_SHARE_FULL = 0.6  # of them that are about as wide as their column
_MIN_PROSE_CHARS = 15  # on average
_MAX_DROP = 2.2  # from one line to the next, in sizes of type


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
        return self.size * width_of(self.text)


def width_of(text: str) -> float:
    """Of a text whose type has the size 1, near enough to tell gaps between columns from spaces."""
    return sum(0.27 if c in _NARROW else 0.83 if c in _WIDE else 0.67 if c.isupper() else 0.51 for c in text)


def lines_of(page: int, height: float, pieces: Sequence[Piece], marks: Sequence[Mark] = ()) -> list[Line]:
    """The lines of a page in the order of its pieces, column by column."""
    lines = list(_in_columns(_set_lines(page, height, pieces)))
    for line in lines:
        if not BULLET.match(line.text) and any(_is_before(mark, line) for mark in marks):
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
            end = start + line.size * width_of(cell)
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
    widest = max(map(width_of, cells), default=0.0)
    full = sum(width_of(cell) >= 0.7 * widest for cell in cells)
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
        end = piece.x + piece.size * width_of(text.strip())
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
    is_wide = gap > piece.size * (0.15 if is_below_cell else 0.8 + 0.03 * width_of(line.cells[-1]))
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
