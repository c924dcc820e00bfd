"""Tables of a web page: which hold data and which only lay out the page, and their cells row by row."""

from __future__ import annotations

from typing import Any

_MAX_SPAN = 50
_MAX_CELLS = 50_000
_MAX_DATA_CELL_CHARS = 400  # on average; beyond it the table lays out text


def is_data_table(table: Any) -> bool:
    """Whether a table relates its cells to one another."""
    if table.get("role") in ("presentation", "none") or table.find(".//table") is not None:
        return False
    if next(table.iter("h1", "h2"), None) is not None or not _has_columns(table):
        return False
    if next(table.iter("th", "caption", "thead"), None) is not None:
        return True
    cells = list(table.iter("td"))
    chars = sum(len(text.strip()) for cell in cells for text in cell.itertext())
    is_short = chars <= _MAX_DATA_CELL_CHARS * len(cells)
    return is_short and len(list(table.iter("tr"))) > 1 and next(table.iter("h3", "h4", "ul"), None) is None


def _has_columns(table: Any) -> bool:
    return any(sum(cell.tag in ("td", "th") for cell in row) > 1 for row in table.iter("tr"))


def has_head(table: Any) -> bool:
    """Whether the first row holds the heads of the columns."""
    first = next(table.iter("tr"), None)
    if first is None:
        return False
    cells = [cell for cell in first if cell.tag in ("td", "th")]
    are_heads = all(cell.tag == "th" for cell in cells) or all(is_all_bold(cell) for cell in cells)
    return bool(cells) and (are_heads or first.getparent().tag == "thead")


def is_all_bold(cell: Any) -> bool:
    """Whether a cell or paragraph is set in bold type alone."""
    bold = sum(len("".join(strong.itertext()).strip()) for strong in cell.iter("b", "strong"))
    return bold > 0 and bold >= len("".join(cell.itertext()).strip())


def rows_of(table: Any) -> list[list[Any | None]]:
    """The cells of each row; one that spans several rows stands in each, one that spans columns in its first."""
    rows: list[list[Any | None]] = []
    hanging: dict[int, tuple[Any, int]] = {}  # column → the cell that hangs into it, for so many rows
    count = 0
    for row in table.iter("tr"):
        line: list[Any | None] = []
        for cell in (cell for cell in row if cell.tag in ("td", "th")):
            while len(line) in hanging:
                line.append(_hanging(hanging, len(line)))
            for column in range(_span(cell, "colspan")):
                if _span(cell, "rowspan") > 1:
                    hanging[len(line)] = (cell if column == 0 else None, _span(cell, "rowspan") - 1)
                line.append(cell if column == 0 else None)
            count += 1
        while len(line) in hanging:
            line.append(_hanging(hanging, len(line)))
        rows.append(line)
        if count > _MAX_CELLS:
            break
    return rows


def _hanging(hanging: dict[int, tuple[Any, int]], column: int) -> Any | None:
    cell, left = hanging.pop(column)
    if left > 1:
        hanging[column] = (cell, left - 1)
    return cell


def _span(cell: Any, name: str) -> int:
    value = cell.get(name) or ""
    return min(_MAX_SPAN, max(1, int(value))) if value.isdigit() and len(value) < 6 else 1
