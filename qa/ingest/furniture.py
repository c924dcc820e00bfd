"""What on a web page is furniture: menus, banners, cookie notices, breadcrumbs, share bars, related links, footers.

Told by element, by role, by the words that its classes and id are made of, and by what stands over it
(``furniture.toml``). What holds the page's heading or much
of its text is never furniture, whatever it is called, nor is a box at the side that tells how to reach somebody.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from qa.ingest.unfolding import Unfolding

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
    " visuallyhidden hidden ratings tags tagcloud feedback sitefooter siteheader".split()
)
_BEGINNINGS = ("cookie", "consent", "breadcrumb", "newsletter", "onetrust", "crumbs", "sharedaddy")
_PAIRS = re.compile(
    r"\b(?:sr only|screen reader|visually hidden|skip link|back to top|language switcher|site header|elementor posts"
    r"|article info|links inline|(?:latest|recent|related) (?:posts|news|articles))\b"
)
# "content-with-sidebar", "has-menu": what has one is none. A hidden label isn't a hidden text, and what is hidden on
# small screens alone is shown.
_OF_OTHERS = re.compile(r"\S*(?:^|[_\W])(?:with|has|no|without|label[_-]+hidden)(?=[_\W]|$)\S*")
_SHOWN_WHEN_WIDE = re.compile(r"(?:^|\s)(?:sm|md|lg|xl|2xl):(?:block|flex|grid|inline|table)")
_SIDES = frozenset("sidebar related banner promo".split())
_REACHES = ".//a[starts-with(@href, 'mailto:') and contains(@href, '@') or starts-with(@href, 'tel:')]"
_MAX_SHARE = 0.4  # of the text of the page, beyond which nothing is furniture
_MAX_LOOKS = 300  # at the whole text of an element, so that odd pages stay cheap
_MIN_LINKS = 4
_MAX_LINK_CHARS = 40
_MAX_TEASER_CHARS = 250
_MIN_FORM_PARAGRAPHS = 2
_BOXES = frozenset("div section ul ol article".split())
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
    unfolding: Unfolding = field(init=False)
    chars: int = 0
    looks: int = 0

    def __post_init__(self) -> None:
        self.chars = _chars(self.root)
        self.unfolding = Unfolding(self.root)

    def holds(self, element: Any) -> bool:
        """Whether an element, with all below it, is furniture."""
        tag = element.tag
        if tag in NEVER:
            return True
        if tag == "button":
            return not _is_in_heading(element) and (_is_called_so(element) or not self.unfolding.is_label(element))
        if tag == "form":
            return element.find(".//h1") is None and len(element.findall(".//p")) < _MIN_FORM_PARAGRAPHS
        if tag in ("header", "footer"):
            return (tag == "footer" or not self.has_main) and not self._is_content(element)
        if tag == "aside":
            return not element.xpath(_REACHES)
        if self._is_hidden(element) or element.get("role") in _ROLES:
            return not self._is_content(element)
        if tag in ("ul", "ol") and ((not self.has_main and _is_menu(element)) or _is_of_this_page(element)):
            return True
        if self.looks <= _MAX_LOOKS and _is_under_such_a_heading(element):
            self.looks += 1
            if _leads_elsewhere(element):
                return not element.xpath(_REACHES) and not self._is_content(element)
        words = _furniture_words(element)
        is_contact = not _SIDES.isdisjoint(words) and bool(element.xpath(_REACHES))
        return bool(words) and not is_contact and not self._is_content(element)

    def _is_hidden(self, element: Any) -> bool:
        style = (element.get("style") or "").replace(" ", "").lower()
        is_hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        return (is_hidden or "display:none" in style) and element not in self.unfolding.panels

    def _is_content(self, element: Any) -> bool:
        if element.find(".//h1") is not None or element.find(".//main") is not None:
            return True
        self.looks += 1
        return self.looks > _MAX_LOOKS or _chars(element) > _MAX_SHARE * self.chars


def _furniture_words(element: Any) -> frozenset[str]:
    """The words of an element's classes and id that furniture is called by."""
    name = f"{element.get('class') or ''} {element.get('id') or ''}"
    if not name.strip() or element.tag in ("html", "body", "main", "article", "h1", "h2"):
        return frozenset()
    name = " ".join(token for token in name.split() if not _OF_OTHERS.fullmatch(token))
    humps = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    words = humps + re.findall(r"[^\W\d_]+", name.lower())
    known = {word for word in words if word in _WORDS or word.startswith(_BEGINNINGS)}
    known -= {"hidden"} if _SHOWN_WHEN_WIDE.search(name) else set()
    return frozenset(known | set(_PAIRS.findall(" ".join(words))))


def _is_menu(listed: Any) -> bool:
    """Whether a list is nothing but short links."""
    links = listed.findall(".//a")
    told = sum(_chars(link) for link in links)
    return len(links) >= _MIN_LINKS and told >= 0.9 * _chars(listed) and told <= _MAX_LINK_CHARS * len(links)


def _is_of_this_page(listed: Any) -> bool:
    """Whether a list is one of places on the same page."""
    links = listed.findall(".//a")
    told = sum(map(_chars, links))
    return len(links) > 1 and all((a.get("href") or "").startswith("#") for a in links) and told >= 0.9 * _chars(listed)


def _is_under_such_a_heading(element: Any) -> bool:
    """Whether an element is, opens with or stands below a heading called "Read also" or the like."""
    if element.tag in _HEADINGS:
        return _is_called_so(element)
    if element.tag not in _BOXES:
        return False
    above = element.getprevious()
    return (above is not None and above.tag in _HEADINGS and _is_called_so(above)) or _opens_so(element)


def _opens_so(box: Any) -> bool:
    first = next((inner for inner in box.iter(*_HEADINGS, "p", "li", "a", "strong")), None)
    return first is not None and first.tag not in ("li", "a") and _is_called_so(first)


def _leads_elsewhere(element: Any) -> bool:
    """Whether what stands under such a heading, or a heading over it, only leads to other pages."""
    if element.tag in _HEADINGS:
        below = element.getnext()
        return below is not None and _is_list_of_links(below)
    if _opens_so(element):
        return len(element.findall(".//a")) > 1 and _is_full_of_links(element)
    return _is_list_of_links(element)


def _is_list_of_links(element: Any) -> bool:
    items = [item for item in element if isinstance(item.tag, str)]
    are_links = all(item.tag == "a" or item.find(".//a") is not None for item in items)
    return len(items) > 0 and are_links and _is_full_of_links(element)


def _is_full_of_links(element: Any) -> bool:
    """Whether a box holds teasers: links to pages, each over or before no more text than a teaser has."""
    links = element.findall(".//a")
    over = [heading for heading in element.iter(*_HEADINGS) if not _is_called_so(heading)]
    are_links = all(_is_link(heading) for heading in over) if over else all(map(_opens_its_block, links))
    return are_links and _chars(element) <= _MAX_TEASER_CHARS * len(links)


def _is_link(heading: Any) -> bool:
    return heading.find(".//a") is not None or any(above.tag == "a" for above in heading.iterancestors())


def _opens_its_block(link: Any) -> bool:
    """Whether nothing stands before a link in its paragraph, item or box."""
    block = next((above for above in link.iterancestors("p", "li", "div", "section", "ul", "ol")), None)
    first = next((text for text in block.itertext() if text.strip()), "") if block is not None else ""
    return not first or first in link.itertext()


def _is_called_so(heading: Any) -> bool:
    told = "".join(heading.itertext())
    return len(told) <= _MAX_LINK_CHARS and told.strip(" \n\t\u00a0:….»›").lower() in _headings()


@lru_cache(maxsize=1)
def _headings() -> frozenset[str]:
    with Path(__file__).with_name("furniture.toml").open("rb") as opened:
        return frozenset(tomllib.load(opened)["headings"])


def _is_in_heading(element: Any) -> bool:
    return any(above.tag in _HEADINGS or above.tag == "dt" for above in element.iterancestors())


def _chars(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext(with_tail=False))
