"""E-mail addresses that a page shows to people and hides from machines: written back as the links they stand for.

Three ways of hiding are common: Cloudflare's, Joomla's, and TYPO3's. Nothing is guessed: what can't be read stays.
"""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import unquote

from qa.text import ADDRESS

_CLOUDFLARE = "/cdn-cgi/l/email-protection#"
_HIDDEN = (
    f"//a[contains(@href, '{_CLOUDFLARE}')] | //*[@data-cfemail] | //joomla-hidden-mail"
    " | //a[@data-mailto-token] | //a[starts-with(@href, 'javascript:linkTo_UnCryptMailto')]"
)
_TYPO3 = re.compile(r"linkTo_UnCryptMailto\(['\"](.+?)['\"]")
_RINGS = ((0x2B, 0x3A), (0x40, 0x5A), (0x61, 0x7A))  # of letters that TYPO3 turns
_MAX_TURN = 25


def reveal(root: Any) -> None:
    """Makes ``mailto:`` links of all hidden addresses of a page, in its tree."""
    for element in root.xpath(_HIDDEN):
        address = _address_of(element)
        if address is None or not ADDRESS.fullmatch(address):
            continue
        if element.tag == "a":
            element.set("href", f"mailto:{address}")
        if element.tag != "a" or element.get("data-cfemail"):
            for inner in list(element):
                element.remove(inner)
            element.text = address


def _address_of(element: Any) -> str | None:
    href, token = element.get("href") or "", element.get("data-mailto-token")
    try:
        if element.get("data-cfemail"):
            return _from_cloudflare(element.get("data-cfemail"))
        if _CLOUDFLARE in href:
            return _from_cloudflare(href.partition("#")[2])
        if element.tag == "joomla-hidden-mail":
            return "@".join(base64.b64decode(element.get(part) or "").decode() for part in ("first", "last"))
    except ValueError:
        return None
    turned = token or next(iter(_TYPO3.findall(unquote(href))), "")
    return _from_typo3(turned.replace("\\", ""))


def _from_cloudflare(told: str) -> str:
    """
    >>> _from_cloudflare("2a4b6a4804")
    'a@b.'
    """
    key, *letters = bytes.fromhex(told)
    return bytes(letter ^ key for letter in letters).decode()


def _from_typo3(turned: str) -> str | None:
    """What opens with "mailto:" when every letter is turned back by the same number.

    >>> _from_typo3("nbjmup+beb/cfshAfybnqmf/psh")
    'ada.berg@example.org'
    """
    for by in range(1, _MAX_TURN + 1):
        told = "".join(_turned_back(letter, by) for letter in turned)
        if told.startswith("mailto:"):
            return told.removeprefix("mailto:").split("?")[0]
    return None


def _turned_back(letter: str, by: int) -> str:
    for first, last in _RINGS:
        if first <= ord(letter) <= last:
            return chr(first + (ord(letter) - first - by) % (last - first + 1))
    return letter
