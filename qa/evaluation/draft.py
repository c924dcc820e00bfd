"""Documents → questions that an editor can start from, without a language model.

Nobody writes a hundred questions on an empty page; crossing out and correcting is easier. So every draft is put
together by template (``drafts.toml``) from what the documents tell outright: contacts, figures, dates, definitions,
headings and lists. Gold strings are copied from the documents; the questions are a proposal, and marked as one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from qa.evaluation.metrics import contains_answer, normalised
from qa.evaluation.templates import Templates, template_languages
from qa.records import Contact, Document
from qa.settings import LANGUAGES
from qa.text import PERSON, is_person_name, sentences

_MAX_QUESTION_CHARS = 160
_MAX_SENTENCE_CHARS = 300
_MAX_HEADING_ANSWERS = 6
_MAX_PEOPLE_ACROSS = 5
_ATTRIBUTES = ("email", "title", "phone", "duties")
_DETAIL = re.compile(r"\s*(?:[(,;–]|:\s)")  # what a duty says more closely from here on


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed question. ``source`` is the sentence it came from, at ``start`` in the first of ``documents``."""

    language: str
    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...]
    source: str
    start: int

    def to_json(self, id: str) -> dict[str, Any]:
        """The row of a question set, with ``draft`` and ``from`` for the editor."""
        return {
            "id": id,
            "language": self.language,
            "question": self.question,
            "answers": list(self.answers),
            "documents": list(self.documents),
            "draft": True,
            "from": self.source,
        }


def draft_questions(
    documents: Sequence[Document], languages: Sequence[str] = LANGUAGES, limit: int | None = None
) -> tuple[Draft, ...]:
    """Proposed questions in the languages given, by language, document and place; at most ``limit`` a language.

    No two ask the same, none holds its own answer. Languages without templates get none.
    """
    ready = {code: Templates.of(code, documents) for code in template_languages() if code in languages}
    versions = defaultdict(list)
    for document in documents:
        versions[document.id].append(document)
    told = [
        _with_versions(draft, versions[document.id])
        for document in documents
        if document.language in ready
        for draft in _told_in(document, ready[document.language])
    ]
    drafts = filter(None, map(_fit, _merged([*told, *_about_people(documents, ready)])))
    ordered = sorted(drafts, key=lambda draft: (LANGUAGES.index(draft.language), draft.documents[0], draft.start))
    return tuple(ordered) if limit is None else tuple(_thinned(ordered, limit))


def as_rows(drafts: Iterable[Draft]) -> list[dict[str, Any]]:
    """The rows of a question set, with ids that tell the language and count from 1."""
    counts = Counter[str]()
    rows = []
    for draft in drafts:
        counts[draft.language] += 1
        rows.append(draft.to_json(f"draft-{draft.language}-{counts[draft.language]:03}"))
    return rows


def _told_in(document: Document, templates: Templates) -> Iterator[Draft]:
    """Drafts from what a document's text tells: sentences, lists, headings."""
    yield from _from_sentences(document, templates)
    yield from _from_lists(document, templates)
    yield from _from_headings(document, templates)


def _from_sentences(document: Document, templates: Templates) -> Iterator[Draft]:
    for block in document.blocks:
        spans = sentences(document.text, block.start, block.end) if block.kind == "paragraph" else []
        for start, end in spans:
            sentence = document.text[start:end]
            for rule in templates.sentences if len(sentence) <= _MAX_SENTENCE_CHARS else ():
                match = rule.pattern.fullmatch(sentence.rstrip(".!"))
                question = templates.question_of(rule, match) if match else None
                if match and question:
                    yield Draft(document.language, question, _golds(match), (document.path,), sentence, start)


def _golds(match: re.Match[str]) -> tuple[str, ...]:
    """What a sentence tells: one string, or each of the people that it names."""
    named = match.groupdict()
    return (named["gold"],) if "gold" in named else tuple(PERSON.findall(named["people"])) or (named["people"],)


def _from_lists(document: Document, templates: Templates) -> Iterator[Draft]:
    blocks = document.blocks
    for position, block in enumerate(blocks[:-1]):
        if block.kind != "paragraph" or blocks[position + 1].kind != "item":
            continue
        start, end = sentences(document.text, block.start, block.end)[-1]
        intro = document.text[start:end]
        items = takewhile(lambda item: item.kind == "item", blocks[position + 1 :])
        answers = tuple(document.text[item.start : item.end] for item in items)
        for rule in templates.lists if intro.endswith(":") and len(intro) <= _MAX_SENTENCE_CHARS else ():
            match = rule.pattern.fullmatch(intro[:-1])
            question = templates.question_of(rule, match) if match else None
            if question:
                yield Draft(document.language, question, answers, (document.path,), intro, start)
                break


def _from_headings(document: Document, templates: Templates) -> Iterator[Draft]:
    for position, block in enumerate(document.blocks):
        heading = document.text[block.start : block.end]
        question = _asked_by(heading, templates) if block.kind == "heading" else None
        if not question:
            continue
        below = takewhile(lambda part: part.kind in ("paragraph", "item"), document.blocks[position + 1 :])
        spans = [span for part in below for span in sentences(document.text, part.start, part.end)]
        answers = tuple(document.text[start:end] for start, end in spans[:_MAX_HEADING_ANSWERS])
        yield Draft(document.language, question, answers, (document.path,), heading, block.start)


def _asked_by(heading: str, templates: Templates) -> str | None:
    """The question that a heading is, or that asks about its topic; None for a name, a single word or a clause."""
    opens, asks = (
        re.fullmatch(templates.heading.get(key, r"(?!)") + more, heading, re.IGNORECASE)
        for key, more in (("openings", r"\b.*"), ("asks", ""))
    )
    if heading.endswith("?"):
        return heading
    if asks:
        return f"{heading}?"
    if opens or heading in templates.names or " " not in heading or is_person_name(heading):
        return None
    return templates.fill(templates.heading["topic"], heading=templates.inside(heading.rstrip(".:")))


def _about_people(documents: Sequence[Document], ready: Mapping[str, Templates]) -> Iterator[Draft]:
    """Drafts about contacts: what is told of each, and who has a title or a duty."""
    places: dict[str, list[tuple[Document, Contact]]] = defaultdict(list)
    for document in documents:
        for contact in document.contacts:
            places[contact.name].append((document, contact))
    for name, found in places.items():
        spoken = {document.language for document, _ in found}
        for language, templates in ready.items():
            if language in spoken:
                own_first = sorted(found, key=lambda place: place[0].language != language)
                yield from _about_person(name, own_first, language, templates, _ATTRIBUTES)
                yield from _who(own_first, language, templates)
    for number, (name, found) in enumerate(list(places.items())[:_MAX_PEOPLE_ACROSS]):
        spoken = {document.language for document, _ in found}
        known = [attribute for attribute in _ATTRIBUTES if any(_values(contact, attribute) for _, contact in found)]
        for turn, language in enumerate(code for code in ready if known and code not in spoken):
            chosen = known[(number + turn) % len(known)]
            yield from _about_person(name, found, language, ready[language], (chosen,))


def _about_person(
    name: str,
    places: Sequence[tuple[Document, Contact]],
    language: str,
    templates: Templates,
    attributes: Iterable[str],
) -> Iterator[Draft]:
    """What is told of a person, wherever in the corpus it is told: a contact's card is in the asker's language."""
    for attribute in attributes:
        telling = [(document, contact) for document, contact in places if _values(contact, attribute)]
        if telling:
            first, contact = telling[0]
            answers = dict.fromkeys(value for _, contact in telling for value in _values(contact, attribute))
            paths = tuple(document.path for document, _ in telling)
            question = templates.fill(templates.contact[attribute], name=name)
            source = first.text[contact.start : contact.end]
            yield Draft(language, question, tuple(answers), paths, source, contact.start)


def _who(places: Sequence[tuple[Document, Contact]], language: str, templates: Templates) -> Iterator[Draft]:
    paths = {key: tuple(d.path for d, c in places if _values(c, key)) for key in ("title", "duties")}
    for document, contact in places:
        if document.language == language:
            source = document.text[contact.start : contact.end]
            for attribute, key in (("title", "title"), ("duties", "duty")):
                for value in _values(contact, attribute):
                    asked = {key: templates.inside(_DETAIL.split(value)[0])}
                    question = templates.fill(templates.contact[f"who_{key}"], **asked)
                    yield Draft(language, question, (contact.name,), paths[attribute], source, contact.start)


def _values(contact: Contact, attribute: str) -> tuple[str, ...]:
    if attribute == "duties":
        return contact.responsibilities
    value: str | None = getattr(contact, attribute)
    return (value,) if value else ()


def _with_versions(draft: Draft, versions: Iterable[Document]) -> Draft:
    """The draft with the language versions of its document that hold an answer too, as they do figures and names."""
    others = (v.path for v in versions if v.path not in draft.documents and contains_answer(draft.answers, v.text))
    return replace(draft, documents=(*draft.documents, *others))


def _merged(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """Each question of a language once, with the answers and documents of all that ask it."""
    groups: dict[tuple[str, str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[draft.language, normalised(draft.question)].append(draft)
    for alike in groups.values():
        answers = dict.fromkeys(answer for draft in alike for answer in draft.answers)
        documents = dict.fromkeys(path for draft in alike for path in draft.documents)
        yield replace(alike[0], answers=tuple(answers), documents=tuple(documents))


def _fit(draft: Draft) -> Draft | None:
    """The draft without answers that its question holds already; None when none is left or the question is too long."""
    answers = tuple(a for a in draft.answers if normalised(a) and not contains_answer([a], draft.question))
    return replace(draft, answers=answers) if answers and len(draft.question) <= _MAX_QUESTION_CHARS else None


def _thinned(drafts: Sequence[Draft], limit: int) -> Iterator[Draft]:
    """At most ``limit`` drafts a language, evenly from all that there are."""
    by_language = defaultdict(list)
    for draft in drafts:
        by_language[draft.language].append(draft)
    for own in by_language.values():
        count = min(limit, len(own))
        yield from (own[n * len(own) // count] for n in range(count))
