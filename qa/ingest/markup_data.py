"""What a web page tells of itself beside its text: title, language, addresses, date, and people as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urljoin

from qa.ingest.metadata import is_front, iso_date
from qa.ingest.person import Person
from qa.text import clean

_MODIFIED = (
    "article:modified_time og:updated_time dcterms.modified dc.date.modified dc.modified last-modified revised"
    " datemodified"
).split()
_PUBLISHED = "article:published_time dcterms.issued dc.date.issued dcterms.date dc.date date datepublished".split()
_MAX_DATA_CHARS = 500_000
_MAX_PEOPLE = 500
_MAX_DEPTH = 12
_RE = {"re": "http://exslt.org/regular-expressions"}


def title_of(root: Any) -> str | None:
    """The title in the head, else the one that is shown when the page is shared."""
    told = " ".join(root.xpath("//head/title//text()")) or _meta(root, ("og:title",)) or ""
    return clean(told).replace("\n", " ") or None


def language_of(root: Any) -> str | None:
    """The language that the page declares, as it is written."""
    told = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")
    return told or _meta(root, ("content-language", "dcterms.language", "dc.language", "og:locale"))


def canonical_of(root: Any) -> str | None:
    """The address that the page gives as its own."""
    found = root.xpath("//link[@rel='canonical']/@href")
    return str(found[0]).strip() if found else _meta(root, ("og:url",))


def own_address(root: Any, url: str | None) -> str | None:
    """The address that the page gives as its own, else the one it was fetched from.

    Some sites name their front page on every page; that is believed of a front page alone.
    """
    canonical = canonical_of(root)
    own = urljoin(url or "", canonical) if canonical else url
    return url if own and url and is_front(own) and not is_front(url) else own


def versions_of(root: Any, base: str | None) -> tuple[str, ...]:
    """The addresses of the page in all languages."""
    links = root.xpath("//link[@hreflang and contains(concat(' ', @rel, ' '), ' alternate ')]")
    told = (str(link.get("href") or "").strip() for link in links if link.get("hreflang", "").lower() != "x-default")
    return tuple(urljoin(base or "", href) for href in told if href)


def changed_of(root: Any) -> str | None:
    """The day of the last change."""
    return _first_day(
        *(_text(entry, "dateModified") for entry in _data(root)),
        *root.xpath("//time[@itemprop='dateModified']/@datetime"),
        _meta(root, _MODIFIED),
        *root.xpath("//time[@datetime and re:test(@class, 'updat|modif|changed')]/@datetime", namespaces=_RE),
    )


def published_of(root: Any) -> str | None:
    """The day of publication, or the only one that the page tells."""
    return _first_day(
        *(_text(entry, "datePublished") for entry in _data(root)),
        *root.xpath("//time[@itemprop='datePublished']/@datetime"),
        _meta(root, _PUBLISHED),
        *_only(root.xpath("//article//time/@datetime | //main//time/@datetime")),
    )


def _first_day(*told: Any) -> str | None:
    return next((day for day in map(iso_date, filter(None, told)) if day), None)


def _only(found: list[Any]) -> list[str]:
    """A time among others tells when something takes place."""
    return [str(found[0])] if len(set(found)) == 1 else []


def people_of(root: Any) -> tuple[Person, ...]:
    """People in JSON-LD, microdata and hCards who can be reached."""
    found = [person for entry in _data(root) if (person := _from_data(entry))]
    cards = root.xpath(
        "//*[contains(@itemtype, 'schema.org/Person')] | //*[re:test(@class, '(^|\\s)(vcard|h-card)(\\s|$)')]",
        namespaces=_RE,
    )
    found += [person for card in cards[:_MAX_PEOPLE] if (person := _from_card(card))]
    by_name = {person.name: person for person in reversed(found)}
    return tuple(reversed(by_name.values()))


def questions_of(root: Any) -> tuple[tuple[str, str], ...]:
    """Questions and answers that the page tells as data (schema.org's FAQPage); an answer may hold markup."""
    told = (
        (_text(entry, "name"), entry.get("acceptedAnswer")) for entry in _data(root) if entry.get("@type") == "Question"
    )
    pairs = ((name, answer[0] if isinstance(answer, list) and answer else answer) for name, answer in told)
    found = {name: str(answer.get("text") or "") if isinstance(answer, dict) else "" for name, answer in pairs if name}
    return tuple(found.items())[:_MAX_PEOPLE]


def _meta(root: Any, names: tuple[str, ...] | list[str]) -> str | None:
    found = {
        str(meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv")).lower(): meta
        for meta in reversed(root.xpath("//meta[@content]"))
    }
    return next((str(found[name].get("content")).strip() for name in names if name in found), None)


def _data(root: Any) -> Iterator[Mapping[str, Any]]:
    """All things that the page's JSON-LD describes."""
    for script in root.xpath("//script[@type='application/ld+json']"):
        try:
            yield from _things(json.loads((script.text or "")[:_MAX_DATA_CHARS]), 0)
        except (ValueError, RecursionError):
            continue


def _things(told: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(told, dict):
        yield told
    for value in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from _things(value, depth + 1)


def _text(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    value = value[0] if isinstance(value, list) and value else value
    value = value.get("name") if isinstance(value, dict) else value
    return clean(str(value)).replace("\n", " ") or None if isinstance(value, (str, int, float)) else None


def _from_data(entry: Mapping[str, Any]) -> Person | None:
    kinds = entry.get("@type")
    name = _text(entry, "name")
    if not name or not {"Person", "ContactPoint"} & set(kinds if isinstance(kinds, list) else [str(kinds)]):
        return None
    title = _text(entry, "jobTitle") or _text(entry, "contactType")
    unit = _text(entry, "department") or _text(entry, "worksFor")
    return _reachable(name, title, unit, _text(entry, "email"), _text(entry, "telephone"))


def _from_card(card: Any) -> Person | None:
    """A person whose name, title and so on are marked by ``itemprop`` or, in an hCard, by class."""

    def told(*names: str) -> str | None:
        for element in card.iter():
            words = f"{element.get('itemprop') or ''} {element.get('class') or ''}".split()
            if not isinstance(element.tag, str) or not set(names) & set(words):
                continue
            values = element.xpath(".//*[contains(concat(' ', @class, ' '), ' value ')]")
            element = values[0] if values else element  # beside it stands what kind of number it is
            href = element.get("href") or ""
            shown = element.get("content") or "".join(element.itertext())
            reach = unquote(re.sub(r"^(?:mailto|tel):|\?.*$", "", href)) if href.startswith(("mailto:", "tel:")) else ""
            return clean(reach or shown).replace("\n", " ") or None
        return None

    name = told("name", "fn", "p-name")
    if not name:
        return None
    title, unit = told("jobTitle", "title", "p-job-title"), told("department", "org", "p-org")
    return _reachable(name, title, unit, told("email", "u-email"), told("telephone", "tel", "p-tel"))


def _reachable(name: str, title: str | None, unit: str | None, email: str | None, phone: str | None) -> Person | None:
    email = email.removeprefix("mailto:") if email else None
    return Person(name, title, unit, email=email, phone=phone) if email or phone else None
