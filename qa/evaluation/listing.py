"""Every question of an evaluation with its reply, what hurts most first: the part of the report that is worked with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qa.evaluation.markup import counted, folded, in_language, language_name, percent
from qa.evaluation.results import Evaluation, Outcome
from qa.markup import safe, web_address
from qa.records import Answer, Citation, Contact, Hit

_SHOWN_GOLD = 4
_SHOWN_DOCUMENTS = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """What came of a question. ``name`` is its class in markup and script, ``sign`` a mark beside its label."""

    name: str
    label: str
    sign: str
    is_right: bool = False


WRONG = Kind("wrong", "Wrong answer", "✕")
MISSED = Kind("missed", "Wrongly refused", "–")
INVENTED = Kind("invented", "Should have refused", "!")
REFUSED = Kind("refused", "Rightly refused", "✓", is_right=True)
RIGHT = Kind("right", "Right answer", "✓", is_right=True)
KINDS = (WRONG, MISSED, INVENTED, REFUSED, RIGHT)
"""Worst first."""


def kind_of(outcome: Outcome) -> Kind:
    """What came of a question: answered or refused, rightly or wrongly."""
    if outcome.question.is_answerable:
        return MISSED if outcome.is_refused else RIGHT if outcome.is_right else WRONG
    return REFUSED if outcome.is_refused else INVENTED


def kinds_of(outcomes: Sequence[Outcome]) -> dict[Kind, int]:
    """How many outcomes are of each kind, worst kind first."""
    found = Counter(map(kind_of, outcomes))
    return {kind: found[kind] for kind in KINDS}


def worst_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """By kind; within one the surest first, but of right answers the least sure: those nearly failed."""

    def badness(outcome: Outcome) -> tuple[int, float]:
        kind, confidence = kind_of(outcome), outcome.answer.confidence
        return KINDS.index(kind), confidence if kind is RIGHT else -confidence

    return sorted(outcomes, key=badness)


def questions_section(evaluation: Evaluation) -> str:
    """Controls, which the script shows, and the list of all questions."""
    kinds = kinds_of(evaluation.outcomes)
    right = [kind for kind in KINDS if kind.is_right]
    choices = [("all", "All", len(evaluation.outcomes))]
    choices += [(kind.name, kind.label, kinds[kind]) for kind in KINDS if not kind.is_right]
    choices += [(" ".join(kind.name for kind in right), "Right", sum(kinds[kind] for kind in right))]
    radios = "".join(
        f'<label><input type="radio" name="kind" value="{value}"{" checked" if value == "all" else ""}>'
        f"<span>{label} <b>{count}</b></span></label>"
        for value, label, count in choices
    )
    languages = "".join(
        f'<option value="{safe(code)}">{language_name(code)} ({len(evaluation.of_language(code))})</option>'
        for code in sorted(evaluation.by_language, key=language_name)
    )
    return (
        "<p>What hurts most comes first: wrong answers that Kysy was sure of, then what it refused though the "
        "documents tell it, then what it answered though they don’t. Right replies come last, the narrowest first.</p>"
        '<div class="controls filters" id="filters" role="search" aria-label="Questions" hidden>'
        '<p><label for="sought">Search</label>'
        '<input type="search" id="sought" autocomplete="off" spellcheck="false"></p>'
        f'<p><label for="language">Language</label><select id="language"><option value="all">All</option>{languages}'
        f'</select></p><fieldset class="choice"><legend>Outcome</legend>{radios}</fieldset>'
        '<p class="buttons"><button type="button" id="unfold">Unfold all</button>'
        '<button type="button" id="fold">Fold all</button></p></div>'
        '<p id="shown" class="quiet" role="status" aria-live="polite"></p>'
        f"{listing(evaluation.outcomes)}"
        '<p id="nothing" hidden>No question fits. <button type="button" id="again">Show all questions</button></p>'
    )


def listing(outcomes: Sequence[Outcome]) -> str:
    """All questions as a list of cards; those that went wrong are unfolded."""
    pages = {hit.passage.document: hit.passage.version_of for o in outcomes for hit in o.answer.passages}
    cards = (card(number, outcome, pages) for number, outcome in enumerate(worst_first(outcomes), 1))
    return f'<ol class="cards" id="cards">{"".join(cards)}</ol>'


def card(number: int, outcome: Outcome, pages: Mapping[str, str]) -> str:
    """One question; ``pages`` tells which documents are versions of one page."""
    kind, question, answer = kind_of(outcome), outcome.question, outcome.answer
    gold = {name for document in question.documents for name in (document, pages.get(document, document))}
    is_open = "" if kind.is_right else " open"
    return (
        f'<li class="card {kind.name}" data-kind="{kind.name}" data-language="{safe(question.language)}">'
        f'<article aria-labelledby="question-{number}"><p class="facts">{badge(kind)}{_facts(outcome)}</p>'
        f'<h3 class="sought" id="question-{number}" {in_language(question.language)}>{safe(question.question)}</h3>'
        f'<details class="more"{is_open}><summary>{_summary(kind)}</summary>'
        f'<div class="sides"><div class="sought"><h4>Expected</h4>{_expected(outcome)}</div>'
        f'<div class="sought"><h4>Reply</h4>{reply(answer)}</div></div>{_passages(answer.passages, gold)}'
        "</details></article></li>"
    )


def badge(kind: Kind) -> str:
    """The kind as a coloured label with a sign and words."""
    return f'<span class="badge {kind.name}"><span aria-hidden="true">{kind.sign}</span> {kind.label}</span>'


def reply(answer: Answer) -> str:
    """What was said, with its source and contacts; a quote that is the whole answer is shown once."""
    said = f'<p class="said" {in_language(answer.answer_language)}>{safe(answer.answer)}</p>'
    if answer.status == "not_found":
        return f'<p class="refusal" {in_language(answer.answer_language)}>{safe(answer.answer)}</p>'
    is_quoted = any(citation.quote == answer.answer for citation in answer.citations)
    parts = ["" if is_quoted else said, *map(_contact, answer.contacts), *map(_quote, answer.citations)]
    return "".join(parts)


def _summary(kind: Kind) -> str:
    return "Refusal and passages" if kind in (MISSED, REFUSED) else "Answer, source and passages"


def _facts(outcome: Outcome) -> str:
    question, answer = outcome.question, outcome.answer
    facts = [language_name(question.language), f"confidence {percent(answer.confidence)}"]
    if outcome.metrics.get("language") == 0.0:
        facts.append(f'<span class="notice">taken for {language_name(answer.language)}</span>')
    return "".join(f"<span>{fact}</span>" for fact in facts) + f'<span class="id sought">{safe(question.id)}</span>'


def _expected(outcome: Outcome) -> str:
    question = outcome.question
    if not question.is_answerable:
        return "<p>A refusal: the documents don’t answer this.</p>"
    spellings = {" ".join(gold.split()): gold for gold in question.answers}
    golds = [f"<li><bdi>{safe(gold)}</bdi></li>" for gold in spellings.values()]
    shown, more = golds[:_SHOWN_GOLD], golds[_SHOWN_GOLD:]
    parts = ['<p class="quiet">any of</p>' if len(golds) > 1 else ""]
    parts.append(f'<ul class="golds" lang="und">{"".join(shown)}</ul>' if shown else "")
    parts.append(folded(f"{len(more)} more", f'<ul class="golds" lang="und">{"".join(more)}</ul>') if more else "")
    if question.documents:
        named = ", ".join(f"<bdi>{safe(document)}</bdi>" for document in question.documents[:_SHOWN_DOCUMENTS])
        others = len(question.documents) - _SHOWN_DOCUMENTS
        parts.append(f'<p class="quiet">from {named}{f" and {others} more" if others > 0 else ""}</p>')
    return "".join(parts)


def _quote(citation: Citation) -> str:
    start, end, text = citation.answer_start, citation.answer_end, citation.quote
    marked = f"<mark>{safe(text[start:end])}</mark>" if start < end else ""
    told = f"{safe(text[:start])}{marked}{safe(text[end:])}" if marked else safe(text)
    return (
        f'<figure class="quote"><blockquote {in_language(citation.language)}>{told}</blockquote>'
        f"<figcaption>{'<span> · </span>'.join(_source(citation))}</figcaption></figure>"
    )


def _source(citation: Citation) -> Iterator[str]:
    title = f"<cite {in_language(citation.language)}>{safe(citation.title)}</cite>"
    url = web_address(citation.url)
    yield f'<a href="{safe(url)}" rel="noreferrer">{title}</a>' if url else title
    yield f"<bdi>{safe(citation.document)}</bdi>"
    yield language_name(citation.language)
    if citation.updated:
        yield safe(citation.updated)


def _contact(contact: Contact) -> str:
    lines = (contact.title, contact.unit, ", ".join(contact.responsibilities), contact.email, contact.phone)
    told = "".join(f"<br><bdi>{safe(line)}</bdi>" for line in lines if line)
    return f'<p class="contact" lang="und"><strong><bdi>{safe(contact.name)}</bdi></strong>{told}</p>'


def _passages(hits: Sequence[Hit], gold: set[str]) -> str:
    if not hits:
        return '<p class="quiet">No passages were considered.</p>'
    expected = [bool({hit.passage.document, hit.passage.version_of} & gold) for hit in hits]
    place = ""
    if gold:
        place = f", an expected document at place {expected.index(True) + 1}" if any(expected) else ", none expected"
    items = "".join(_passage(hit, is_gold) for hit, is_gold in zip(hits, expected, strict=True))
    return folded(f"{counted(len(hits), 'passage')} considered{place}", f'<ol class="passages">{items}</ol>')


def _passage(hit: Hit, is_gold: bool) -> str:
    passage = hit.passage
    sign = '<span class="expected">✓ expected document</span>' if is_gold else ""
    return (
        f'<li><p class="from"><span>score {hit.score:.3f}</span>'
        f"<span><cite {in_language(passage.language)}>{safe(passage.title)}</cite></span>"
        f"<span><bdi>{safe(passage.document)}</bdi></span>{sign}</p>"
        f"<p {in_language(passage.language)}>{safe(passage.text)}</p></li>"
    )
