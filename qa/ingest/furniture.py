"""What on a web page is furniture: menus, banners, cookie notices, breadcrumbs, share bars, related links, footers.

Told by element, by role, and by the words that its classes and id are made of. What holds the page's heading or much
of its text is never furniture, whatever it is called, nor is a box at the side that tells how to reach somebody.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

NEVER = frozenset(
    "script style template noscript nav iframe svg math object select head input textarea datalist dialog canvas audio"
    " video map".split()
)
"""Elements that are left out wherever they stand."""

_ROLES = frozenset(
    "navigation banner contentinfo search dialog alertdialog menu menubar toolbar tablist status alert".split()
)
_WORDS = frozenset(
    "cookie cookies cookiebanner cookiebar consent gdpr breadcrumb breadcrumbs murupolku brodsmulor brodsmula"
    " brødsmule share sharing social socials addtoany some newsletter subscribe related relatedposts recommended"
    " recommendations readmore skip skiplink skiplinks pagination pager paging toolbar menu submenu megamenu nav"
    " navbar navigation sidenav subnav sidebar footer masthead topbar banner advert advertisement ads promo comments"
    " comment printonly backtotop search login languageswitcher langswitch languages modal popup offcanvas hamburger"
    " visuallyhidden hidden tags tagcloud feedback sitefooter siteheader".split()
)
_BEGINNINGS = ("cookie", "consent", "breadcrumb", "newsletter", "onetrust", "crumbs", "sharedaddy")
_PAIRS = re.compile(
    r"\b(?:sr only|screen reader|visually hidden|skip link|back to top|language switcher|site header)\b"
)
_SIDES = frozenset("sidebar related banner promo".split())
_REACHES = ".//a[starts-with(@href, 'mailto:') and contains(@href, '@') or starts-with(@href, 'tel:')]"
_MAX_SHARE = 0.4  # of the text of the page, beyond which nothing is furniture
_MAX_LOOKS = 300  # at the whole text of an element, so that odd pages stay cheap
_MIN_LINKS = 4
_MAX_LINK_CHARS = 40
_MIN_FORM_PARAGRAPHS = 2
_MIN_PANEL_CHARS = 20
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_MIN_CONTENT_SHARE = 0.65


def content_of(body: Any) -> Any:
    """The smallest box that holds most of a page's text outside links, and its heading if it has one; else the body."""
    headings = body.findall(".//h1") or body.findall(".//h2")[:1]
    if len(headings) != 1:
        return body
    texts = [(block, _chars(block) - sum(map(_chars, block.iter("a")))) for block in body.iter("p", "li", "td", "dd")]
    texts = [(block, chars) for block, chars in texts if block.find(".//p") is None and block.find(".//td") is None]
    enough = _MIN_CONTENT_SHARE * sum(chars for _, chars in texts)
    held = Counter[Any]()
    for block, chars in texts:
        for above in block.iterancestors():
            held[above] += chars
    return next((above for above in headings[0].iterancestors() if held[above] >= enough > 0), body)


@dataclass(slots=True)
class Furniture:
    """Judges the elements below the one that holds a page's content; ``has_main`` when the page marked that itself."""

    root: Any
    has_main: bool
    controlled: frozenset[str] = frozenset()
    chars: int = 0
    looks: int = 0

    def __post_init__(self) -> None:
        self.chars = _chars(self.root)
        # The panels of an accordion are hidden until they are opened.
        self.controlled = frozenset(word for ids in self.root.xpath(".//@aria-controls") for word in str(ids).split())

    def holds(self, element: Any) -> bool:
        """Whether an element, with all below it, is furniture."""
        tag = element.tag
        if tag in NEVER:
            return True
        if tag == "button":
            return not _is_in_heading(element) and not _opens(element, element.getnext())
        if tag == "form":
            return element.find(".//h1") is None and len(element.findall(".//p")) < _MIN_FORM_PARAGRAPHS
        if tag in ("header", "footer"):
            return (tag == "footer" or not self.has_main) and not self._is_content(element)
        if tag == "aside":
            return not element.xpath(_REACHES)
        if self._is_hidden(element) or element.get("role") in _ROLES:
            return not self._is_content(element)
        if tag in ("ul", "ol") and not self.has_main and _is_menu(element):
            return True
        words = _furniture_words(element)
        is_contact = not _SIDES.isdisjoint(words) and bool(element.xpath(_REACHES))
        return bool(words) and not is_contact and not self._is_content(element)

    def _is_hidden(self, element: Any) -> bool:
        style = (element.get("style") or "").replace(" ", "").lower()
        is_hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        is_panel = element.get("id") in self.controlled or _opens(element.getprevious(), element)
        return (is_hidden or "display:none" in style) and not is_panel

    def _is_content(self, element: Any) -> bool:
        if element.find(".//h1") is not None or element.find(".//main") is not None:
            return True
        self.looks += 1
        return self.looks > _MAX_LOOKS or _chars(element) > _MAX_SHARE * self.chars


def _opens(button: Any | None, panel: Any | None) -> bool:
    """Whether a button stands right before the text that it opens."""
    if button is None or panel is None or not isinstance(panel.tag, str) or panel.tag in ("button", "ul", "ol", "nav"):
        return False
    is_button = button.tag == "button" or (button.tag in _HEADINGS and button.find(".//button") is not None)
    return is_button and _chars(panel) >= _MIN_PANEL_CHARS and panel.find(".//a") is None


def _furniture_words(element: Any) -> frozenset[str]:
    """The words of an element's classes and id that furniture is called by."""
    name = f"{element.get('class') or ''} {element.get('id') or ''}"
    if not name.strip() or element.tag in ("html", "body", "main", "article", "h1", "h2"):
        return frozenset()
    humps = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    words = humps + re.findall(r"[^\W\d_]+", name.lower())
    # "content-with-sidebar", "has-menu": what has one is none.
    if not {"with", "has", "no", "without"}.isdisjoint(words):
        return frozenset()
    known = {word for word in words if word in _WORDS or word.startswith(_BEGINNINGS)}
    return frozenset(known | set(_PAIRS.findall(" ".join(words))))


def _is_menu(listed: Any) -> bool:
    """Whether a list is nothing but short links."""
    links = listed.findall(".//a")
    told = sum(_chars(link) for link in links)
    return len(links) >= _MIN_LINKS and told >= 0.9 * _chars(listed) and told <= _MAX_LINK_CHARS * len(links)


def _is_in_heading(element: Any) -> bool:
    return any(above.tag in _HEADINGS or above.tag == "dt" for above in element.iterancestors())


def _chars(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext(with_tail=False))
