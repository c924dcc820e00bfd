"""Accordions: which elements name a panel that the page unfolds when they are activated, and the questions of an FAQ.

A page shows them as headings over what they open, so that is what they become.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qa.ingest.grid import is_all_bold
from qa.text import clean

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_MIN_PANEL_CHARS = 20
_MAX_LABEL_CHARS = 200
_MAX_LINKS_SHARE = 0.7  # of what a panel tells; beyond it the panel is a menu
_MAX_STEPS = 3  # up from a button to the box that is the panel's neighbour
_TARGETS = ("aria-controls", "data-bs-target", "data-target", "href")


@dataclass(slots=True)
class Unfolding:
    """The accordions below the element that holds a page's content."""

    root: Any
    labels: set[Any] = field(default_factory=set)
    panels: set[Any] = field(default_factory=set)
    """What the labels open, hidden until then."""
    tabs: dict[Any, str] = field(default_factory=dict)
    """Panels whose labels stand together elsewhere, and what is written on those."""

    def __post_init__(self) -> None:
        telling: dict[Any, bool] = {}
        by_id = {str(element.get("id")): element for element in self.root.iter("*") if element.get("id")}
        for label in self.root.iter("*"):
            if label.get("role") == "tab":
                panel = by_id.get((label.get("aria-controls") or label.get("href") or "").lstrip("#"))
                if panel is not None:
                    self.panels.add(panel)
                    self.tabs[panel] = clean("".join(label.itertext())).replace("\n", " ")
            elif label.tag == "button" or label.get("role") == "button":
                panel = _panel_of(label, by_id)
                if panel is None:
                    continue
                if panel not in telling:
                    telling[panel] = _tells(panel)
                if telling[panel]:
                    self.labels.add(label)
                    self.panels.add(panel)

    def is_label(self, element: Any) -> bool:
        """Whether an element is to its panel, or an FAQ's question to its answer, what a heading is to its section."""
        if element.tag == "summary" or element in self.labels or _is_question(element):
            return 0 < _chars(element) <= _MAX_LABEL_CHARS and next(element.iter(*_HEADINGS), None) is None
        return False


def _panel_of(label: Any, by_id: Mapping[str, Any]) -> Any | None:
    """What a button opens: what it names, else what stands beside it."""
    named = [by_id.get((label.get(name) or "").lstrip("#")) for name in _TARGETS]
    told = next((panel for panel in named if panel is not None), None)
    if told is None:
        return _neighbour(label, label.get("aria-expanded") is not None)
    return None if any(above is told for above in label.iterancestors()) else told


def _neighbour(label: Any, is_sure: bool) -> Any | None:
    """The panel beside a button, or beside the box that holds nothing but the button."""
    box = label
    for _ in range(_MAX_STEPS):
        beside = next(box.itersiblings("*"), None)
        if beside is not None:
            is_panel = beside.tag not in ("button", "nav") and (is_sure or _chars(beside) >= _MIN_PANEL_CHARS)
            return beside if is_panel else None
        box = box.getparent()
        if box is None or _chars(box) != _chars(label):
            return None
    return None


def _tells(panel: Any) -> bool:
    """Whether a panel holds more than links and buttons."""
    links = sum(_chars(link) for link in panel.iter("a", "button"))
    return panel.find(".//nav") is None and links < _MAX_LINKS_SHARE * max(1, _chars(panel))


def _is_question(element: Any) -> bool:
    """Whether an element is a question, and called one or set in bold type as headings are."""
    if element.tag == "p":
        return "".join(element.itertext()).strip().endswith("?") and is_all_bold(element)
    is_called = element.tag == "dt" or "question" in re.findall(r"[a-z]+", (element.get("class") or "").lower())
    if not is_called or element.tag in ("body", "main", "article", "section"):
        return False
    return "".join(element.itertext()).strip().endswith("?") and element.find(".//p") is None


def _chars(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext(with_tail=False))
