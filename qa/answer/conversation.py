"""Follow-ups: a question that leans on an earlier one is read with the words it leaves out.

"And in Europe?" says nothing without what was asked before. The words of a question (``followups.toml``: openers,
pronouns, words that ask for one fact) tell whether it stands alone; if not, it borrows the earlier question's
topic. Nothing is kept here: whoever asks brings the conversation. A question that names its own topic borrows none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

from qa.answer.question import OTHER, kind_of, topic_of
from qa.records import Document, Hit, Turn
from qa.text import SHORTEST_STEM, is_form_of

_FILE = Path(__file__).with_name("followups.toml")
_MARKS = ".,;:!?¿¡()[]{}\"'“”„«»…–-"
_LONGEST_FOLLOW_UP = 16  # words; whoever writes more says what it is about
_MOST_OF_ITS_OWN = 3  # other words that a follow-up may have
_MOST_BORROWED = 12  # words
_LONGEST_TURN_CHARS = 400
_PAGE_CHARS = 50_000  # of an earlier answer's page, looked through for a word
_LONGEST_ENDING = 3
_LEAD = 0.04  # of the earlier answer's page, in a hit's score
_OF_A_PERSON = ("email", "phone")

_WITH_ARTICLES = ("sv", "nb", "nn", "da", "de", "fr")  # whose articles are also their pronouns

Role = Literal["opener", "pronouns", "weak", "personal", "asked", "settings", "small", "proper", "concept", "content"]
_LISTED: tuple[Role, ...] = ("personal", "pronouns", "weak", "asked", "settings", "small")
_STANDING_FOR: tuple[Role, ...] = ("opener", "pronouns", "weak", "personal")
_NAMES: tuple[Role, ...] = ("proper", "concept")


class Span(Protocol):
    """Words ``[start:end)`` of a question."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


FindConcepts = Callable[[str, str], Iterable[Span]]
"""A question and its language → where it names concepts of the glossary."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A question with what it borrows; ``page`` is the id of the page that its answer probably stands on."""

    question: str
    kind: str
    page: str | None = None


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    role: Role


@dataclass(frozen=True, slots=True)
class _Words:
    """A question's words with their roles."""

    words: tuple[_Word, ...]

    def of(self, *roles: Role) -> list[str]:
        return [word.text for word in self.words if word.role in roles]

    def without(self, *roles: Role) -> list[str]:
        return [word.text for word in self.words if word.role not in roles]

    def elsewhere(self, language: str) -> list[str]:
        """The words without places and numbers, and without whose they are ("Finnish *municipalities*")."""
        roles = [word.role for word in self.words]
        step = -1 if language == "fr" else 1  # "communes finlandaises"
        places = {n for n, role in enumerate(roles) if role == "settings"}
        owners = {n + step for n in places if 0 <= n + step < len(roles) and roles[n + step] == "asked"}
        return [word.text for n, word in enumerate(self.words) if n not in places | owners]

    def has(self, *roles: Role) -> bool:
        return any(word.role in roles for word in self.words)

    def first(self, *roles: Role) -> int:
        return next((n for n, word in enumerate(self.words) if word.role in roles), len(self.words))


class Conversation:
    """Reads questions in the light of earlier ones. It keeps no state."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        versions: Callable[[str], Sequence[Document]],
        contact_names: Iterable[str],
        find_concepts: FindConcepts,
    ) -> None:
        """``versions`` gives the documents of a page's id."""
        self._documents = documents
        self._versions = versions
        self._find_concepts = find_concepts
        self._people = tuple({part.lower() for name in contact_names for part in name.split()})

    def understood(self, question: str, language: str, history: Sequence[Turn]) -> Understood:
        """The question as it stands, or with the topic of the last question before it when it is a follow-up."""
        kind = kind_of(question, language)
        earlier = next((turn for turn in reversed(history) if turn.question), None)
        if not earlier or language not in _roles() or len(question.split()) > _LONGEST_FOLLOW_UP:
            return Understood(question, kind)
        words = self._words(question, language)
        document = self._documents.get(earlier.document or "")
        page = document.id if document else None
        if words.has(*_NAMES):
            return self._with_own_name(question, kind, words, earlier, page)
        if not self._leans(words, page):
            return Understood(question, kind)
        if earlier.person and (words.has("personal") or kind in _OF_A_PERSON):
            return _joined(words.without(*_STANDING_FOR), [earlier.person], kind, page)
        if words.has("asked", "content", "pronouns"):
            return _joined(words.without(*_STANDING_FOR), self._topic(earlier), kind, page)
        return self._elliptic(words, kind, earlier, page)

    def _with_own_name(self, question: str, kind: str, words: _Words, earlier: Turn, page: str | None) -> Understood:
        """A question that names something: a new topic, unless it is said of what came before ("Is KS in it?")."""
        if words.has("opener") and kind == OTHER and not words.has("asked", "content", *_STANDING_FOR[1:]):
            return self._of_another(words, earlier)
        if words.first("pronouns") < words.first(*_NAMES):
            return _joined(words.without(*_STANDING_FOR), self._topic(earlier), kind, page)
        return Understood(question, kind)

    def _of_another(self, words: _Words, earlier: Turn) -> Understood:
        """ "And UCLG?": the earlier question, asked of something else."""
        before = self._words(earlier.question, earlier.language)
        alike = tuple(role for role in _NAMES if words.has(role) and before.has(role))
        kind = kind_of(earlier.question, earlier.language)
        return _joined(before.without(*(alike or _NAMES)), words.of(*_NAMES, "settings"), kind, None)

    def _elliptic(self, words: _Words, kind: str, earlier: Turn, page: str | None) -> Understood:
        """ "And in Europe?", "Why?": the earlier question, at another place or of another kind."""
        own_kind = kind != OTHER
        asked = topic_of(earlier.question, kind_of(earlier.question, earlier.language), earlier.language)
        before = self._words(asked if own_kind else earlier.question, earlier.language)
        kept = before.elsewhere(earlier.language) if words.has("settings") else before.without()
        if not own_kind:
            kind = kind_of(earlier.question, earlier.language)
        return _joined(kept, words.without(*_STANDING_FOR), kind, page)

    def _topic(self, earlier: Turn) -> list[str]:
        """What an earlier question was about: what it names, else its words that say most."""
        words = self._words(earlier.question, earlier.language)
        if words.has(*_NAMES):
            named = [w.text for w in words.words if w.role in _NAMES or any(map(str.isdigit, w.text))]
            return named[:_MOST_BORROWED]
        return (words.of("content") or words.without("small"))[:_MOST_BORROWED]

    def _leans(self, words: _Words, page: str | None) -> bool:
        """Whether a question that names nothing leans on the earlier one."""
        own = words.of("content")
        if not own:
            return True
        if len(own) > _MOST_OF_ITS_OWN:
            return False
        if words.has("pronouns", "personal"):
            return True
        if words.has("opener", "weak") and len(own) == 1:
            return True
        if words.has("opener"):
            return any(self._stands_on(page, word) for word in own)
        is_described = len(own) > 1 or words.has("settings")  # "the international team"
        return not is_described and self._stands_on(page, own[0])

    def _stands_on(self, page: str | None, word: str) -> bool:
        stem = word.lower()[: max(SHORTEST_STEM, len(word) - _LONGEST_ENDING)]
        versions = self._versions(page) if page else ()
        return any(stem in version.text[:_PAGE_CHARS].lower() for version in versions)

    def _words(self, question: str, language: str) -> _Words:
        question = _detached(question) if language == "fr" else question
        written = question.split()
        roles: list[Role] = [self._role(word, number, language) for number, word in enumerate(written)]
        for span in self._find_concepts(question, language):
            stretch = range(span.start, span.end)
            telling = {roles[n] for n in stretch} & {"content", "proper", "settings"}
            if telling and (telling != {"settings"} or len(stretch) > 1):
                is_proper = any(_is_name(written[n], n, language) for n in stretch)
                for n in stretch:
                    roles[n] = "proper" if is_proper else "concept"
        for phrase in ("opener", "pronouns"):
            for n in _said(question, language, phrase):
                if phrase == "opener":
                    roles[n] = "opener"
                elif roles[n] == "weak":
                    roles[n] = "pronouns"
        for n, word in enumerate(written):  # "ystävyyskunta-asiat"
            if roles[n] == "content" and "-" in word and any(self._find_concepts(word.replace("-", " "), language)):
                roles[n] = "concept"
        for n in _standing_for_nothing(roles, language):
            roles[n] = "small"
        plain = (word.strip(_MARKS) for word in written)
        return _Words(tuple(_Word(word, role) for word, role in zip(plain, roles, strict=True) if word))

    def _role(self, word: str, number: int, language: str) -> Role:
        word = word.strip(_MARKS).replace("’", "'")
        listed = _listed_role(word.lower(), language)
        if listed and not _is_acronym(word):
            return listed
        if any(letter.isdigit() for letter in word):
            return "settings"
        if _is_name(word, number, language):
            return "proper"
        if any(is_form_of(word.lower(), name) for name in self._people):
            return "proper"
        parts = [part for part in re.split(r"[-']", word.lower()) if part]
        roles = [_listed_role(part, language) or "content" for part in parts] if len(parts) > 1 else []
        return next((role for role in ("content", *_LISTED) if role in roles), "content") if roles else "content"


def turn_of(understood: str, language: str, document: str | None = None, person: str | None = None) -> Turn:
    """What is worth remembering of a question; a very long one is cut.

    >>> turn_of("When was CEMR founded?", "en", "en/cemr")
    Turn(question='When was CEMR founded?', language='en', document='en/cemr', person=None)
    """
    return Turn(understood[:_LONGEST_TURN_CHARS].strip(), language, document, person)


def with_lead(hits: Sequence[Hit], page: str | None) -> list[Hit]:
    """Hits with a small lead for those of a page, in whatever language; best first again."""
    if page is None:
        return list(hits)
    led = [replace(hit, score=hit.score + _LEAD) if hit.passage.version_of == page else hit for hit in hits]
    return sorted(led, key=lambda hit: -hit.score)


def _standing_for_nothing(roles: Sequence[Role], language: str) -> list[int]:
    """Pronouns that are articles ("den nuvarande kongressen"), or French ones that repeat the subject."""
    pronouns = [n for n, role in enumerate(roles) if role == "pronouns"]
    before_noun = [n for n, following in enumerate(roles[1:]) if following in ("content", "settings")]
    articles = [
        n for n in before_noun if roles[n] == "weak" or (roles[n] == "pronouns" and language not in ("de", "fr"))
    ]
    if language == "fr":
        named = ("content", *_NAMES)
        articles += [n for n in pronouns if any(role in named for role in roles[: max(0, n - 1)])]
    return articles if language in _WITH_ARTICLES else []


def _detached(question: str) -> str:
    """French with its short words apart.

    >>> _detached("Combien de membres l’UCLG compte-t-elle ?")
    "Combien de membres l' UCLG compte elle ?"
    """
    question = re.sub(r"-(?:t-)?(ils?|elles?|on|ce|je|tu|nous|vous)\b", r" \1", question.replace("’", "'"))
    return re.sub(r"\b([ldsncjmt]|qu)'", r"\1' ", question, flags=re.IGNORECASE)


def _joined(own: Sequence[str], borrowed: Sequence[str], kind: str, page: str | None) -> Understood:
    return Understood(" ".join([*own, *borrowed]), kind, page)


def _is_name(word: str, number: int, language: str) -> bool:
    """Whether a word, the number-th of its question, is written as names are; German nouns have capitals as well."""
    return _is_acronym(word) or (number > 0 and word[:1].isupper() and language != "de")


def _is_acronym(word: str) -> bool:
    return sum(letter.isupper() for letter in word) > 1


def _said(question: str, language: str, phrase: str) -> list[int]:
    """Numbers of the words that open a question, or of a phrase that stands for something said before."""
    plain = question.lower().replace("’", "'")
    if language not in _phrases():
        return []
    opener, phrases = _phrases()[language]
    found = opener.match(plain) if phrase == "opener" else phrases.search(plain)
    if not found:
        return []
    first = len(plain[: found.start()].split())
    return list(range(first, first + len(found[0].split())))


def _listed_role(word: str, language: str) -> Role | None:
    roles = _roles().get(language, {})
    return next((role for role, (words, stems) in roles.items() if word in words or word.startswith(stems)), None)


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(_FILE.read_text("utf-8"))


@lru_cache(maxsize=1)
def _roles() -> dict[str, dict[Role, tuple[frozenset[str], tuple[str, ...]]]]:
    """Each language's whole words of a role, and the stems of the others."""
    return {
        code: {
            role: (frozenset(table[role]), tuple(word.rstrip("*") for word in table[role] if word.endswith("*")))
            for role in _LISTED
        }
        for code, table in _tables().items()
    }


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    """Each language's openers, and its phrases of several words that stand for something said before."""
    return {
        code: (
            re.compile(rf"\W*(?:{_any_of(table['openers'])})(?!\w)"),
            re.compile(rf"(?<!\w)(?:{_any_of([p for p in table['pronouns'] if ' ' in p])})(?!\w)"),
        )
        for code, table in _tables().items()
    }


def _any_of(words: list[str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(map(re.escape, longest_first)) or r"(?!)"
