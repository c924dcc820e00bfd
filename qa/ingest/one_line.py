"""Contacts that stand on one line: "Ada Berg, adviser, tel. 24 13 26 00, ada.berg(at)example.org".

Each piece between commas or dashes must be one thing: the name first (perhaps after a role, as Finns write it), at most
a title and a unit, then numbers and addresses with no more than a word or two before them. So a sentence is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.ingest.person import Person
from qa.text import ADDRESS, PERSON, PHONE, folded, is_person_name

ROLES = (
    r"leader|head|director|manager|advis[eo]r|expert|secretary|coordinator|co-ordinator|officer|specialist"
    r"|johtaja|päällikkö|asiantuntija|sihteeri|koordinaattori|neuvonantaja"
    r"|ledare|chef|direktör|sakkunnig|sekreterare|koordinator|rådgivare|samordnare"
    r"|leder|sjef|direktør|rådgiver|rådgjevar|sekretær|konsulent"
    r"|leiter(?:in)?|direktor(?:in)?|referent(?:in)?|geschäftsführer(?:in)?|beauftragter?|koordinatorin"
    r"|directeur|directrice|responsable|chargée?|conseiller|conseillère|secrétaire|coordinateur|coordinatrice"
    r"|juht|juhataja|nõunik|spetsialist|sekretär|koordinaator"
)
"""What people are called whom one contacts; not mayors, presidents and other politicians."""
_ROLE = re.compile(rf"\w*(?:{ROLES})(?!\w)", re.IGNORECASE)
_LEAD = re.compile(r"^[^\W\d][^:\d,@]{2,40}:\s+(?=\S)")
_ROLE_AND_NAME = re.compile(rf"([a-zß-öø-ÿ][^\W\d]*(?:[ -][^\W\d]+){{0,4}}?) ({PERSON.pattern})")
_BETWEEN = re.compile(r"\s*[,;|·•]\s+|\s+[–—-]\s+")
_LABEL = re.compile(r"\W*(?:[^\W\d]+[.:]*\s*){0,2}[:\W]*")
_MAX_LINE_CHARS = 240
_MAX_TOLD_CHARS = 70
_MAX_TOLD = 2


def has_role(text: str) -> bool:
    """Whether a text says what somebody is: "Head of Networks"."""
    return _ROLE.search(text) is not None


def person_of_line(line: str) -> Person | None:
    """The person that a line tells how to reach, if it is a contact and nothing else.

    >>> person_of_line("Ada Berg, adviser, tel. 24 13 26 00, ada.berg(at)example.org")
    Person(name='Ada Berg', title='adviser', unit=None, responsibilities=(), email='ada.berg(at)example.org', \
phone='24 13 26 00', verified=None)
    >>> person_of_line("Ada Berg, who leads the work, can be reached at ada.berg@example.org")
    """
    if len(line) > _MAX_LINE_CHARS or not (ADDRESS.search(line) or PHONE.search(line)):
        return None
    first, *others = _BETWEEN.split(line.strip().rstrip("."))
    name, title = _name_and_role(first)
    if not name:
        return None
    told = [title] if title else []
    email = phone = None
    for piece in others:
        address, number = ADDRESS.search(piece), PHONE.search(piece)
        found = address or number
        if found is None:
            told.append(piece)
        elif not _LABEL.fullmatch(piece[: found.start()] + piece[found.end() :]):
            return None
        email = email or (address[0] if address else None)
        phone = phone or (number[0].strip() if number and not address else None)
    is_told_briefly = len(told) <= _MAX_TOLD and all(0 < len(piece) <= _MAX_TOLD_CHARS for piece in told)
    if not is_told_briefly or not (email or phone) or not (is_title(told) or is_named_in(email, name)):
        return None
    title, unit, *_ = [*told, None, None]
    return Person(name, title, unit, email=email, phone=phone)


def is_title(told: Sequence[str]) -> bool:
    """Whether the first of what is told beside a name says what somebody is, and not where "Oulu City Hall" stands."""
    return bool(told) and (told[0][:1].islower() or has_role(told[0])) and not any(map(str.isdigit, told[0]))


def is_named_in(address: str | None, name: str) -> bool:
    """Whether an address holds a word of a name.

    >>> is_named_in("a.berg@example.org", "Ada Berg"), is_named_in("office@example.org", "Ada Berg")
    (True, False)
    """
    local = folded(re.split(r"\s?(?:@|[\[({]| AT )", address or "", maxsplit=1)[0])
    words = re.findall(r"[^\W\d_]{3,}", re.sub(r"['’]", "", folded(name)))
    return any(word in local for word in words)


def _name_and_role(first: str) -> tuple[str | None, str | None]:
    """
    >>> _name_and_role("Contact: special adviser Ada Berg"), _name_and_role("The town hall")
    (('Ada Berg', 'special adviser'), (None, None))
    """
    for text in (first, _LEAD.sub("", first)):
        both = _ROLE_AND_NAME.fullmatch(text[:1].lower() + text[1:])
        if both and has_role(both[1]):
            return both[2], text[: len(both[1])]
        if is_person_name(text):
            return text, None
    return None, None


def name_and_title(line: str) -> tuple[str, str] | None:
    """A name and the title after it on one line, as over a number or an address.

    >>> name_and_title("Ada Berg, adviser"), name_and_title("Nicosia Cyprus, Europe")
    (('Ada Berg', 'adviser'), None)
    """
    name, sign, title = line.partition(", ")
    is_both = bool(sign) and is_person_name(name) and is_title([title]) and len(title) <= _MAX_TOLD_CHARS
    return (name, title) if is_both and not title.endswith((".", "!", "?")) else None
