"""The whole story on one page: load an index (``building`` has made it), ask it.

question → vector and subwords → hits → reading → answer. The page, the widget,
the API, the command line and the evaluation all call ``Assistant.ask``: what is measured is what is served.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from qa.answer.confidence import confidence
from qa.answer.contacts import People, Person, Proof
from qa.answer.conversation import Conversation, turn_of, with_lead
from qa.answer.faq import Entry, Faq
from qa.answer.question import CONTACT_KINDS, counted_in, opened_in, read_question, topic_of
from qa.answer.reader import Reader, Reading
from qa.answer.replies import interface_language, nobody_named, not_found, source_notice
from qa.answer.routing import ROUTED_KINDS, Routed, Router
from qa.answer.smalltalk import HUMAN, Remark, general_contact, remark_in, spoken_reply, without_courtesy
from qa.errors import QuestionError
from qa.language import UNDETERMINED, QuestionLanguages
from qa.records import Answer, Citation, Contact, Edition, Hit, Turn
from qa.search.embeddings import EMBEDDED_MODEL_DIR, Encoder, StaticModel, load_encoder
from qa.search.generations import Stored, load_current, newest_intact
from qa.search.glossary import Glossary, Mentions
from qa.search.interaction import LateInteraction
from qa.search.retrieval import Retriever
from qa.search.store import Generation, load_generation
from qa.settings import LANGUAGES, Settings

_PAGE_LANGUAGE_WEIGHT = 10.0
_OPENING_WEIGHT = 10.0
_TURN_LANGUAGE_WEIGHT = 30.0  # of the last turn's language


@dataclass(frozen=True, slots=True)
class Considered:
    """A question with all that was found for it, before the choice between answer and refusal.

    ``understood`` is the question with what it borrows from earlier ones.
    """

    question: str
    understood: str
    language: str
    kind: str
    hits: tuple[Hit, ...]
    reading: Reading | None
    routed: Routed | None
    entry: Entry | None
    timings_ms: dict[str, float]


class Assistant:
    """Answers questions from one generation of the index. Safe to share between threads: it keeps no state."""

    def __init__(
        self,
        settings: Settings,
        generation: Generation,
        encoder: Encoder,
        languages: QuestionLanguages,
        embedded: StaticModel,
        damage: str | None = None,
    ) -> None:
        self.settings = settings
        self.edition = Edition(generation.name, generation.manifest["created"], len(generation.passages), damage)
        self.documents = generation.documents
        self.by_path = generation.catalogue
        self.languages = generation.catalogue.languages
        with_contacts = generation.catalogue.with_contacts()
        self._encoder = encoder
        self._embedded = embedded
        self._question_languages = languages
        glossary = Glossary.from_concepts(generation.manifest["glossary"])
        mentions = Mentions(glossary, generation.manifest["languages"])
        self._interaction = LateInteraction(embedded, mentions)
        self._people = People(with_contacts)
        self._conversation = Conversation(
            self.by_path, generation.catalogue.versions, self._people.names, mentions.find
        )
        self._general_contact = general_contact(with_contacts.values())
        self._retriever = Retriever(generation, settings.candidates)
        self._reader = Reader(self.by_path, generation.tokens, self._people.names)
        self._faq = Faq(self.by_path, self._interaction.query)
        self._router = Router(self._people, embedded.tokens, self._interaction.query)

    @classmethod
    def load(cls, settings: Settings) -> Assistant:
        """The assistant over the current index or, when that is damaged, over the one before (``edition`` says so).

        Raises ModelError, IndexMissing, IndexDamaged or IndexMismatch.
        """
        # One question is small work: more threads cost more than they gain, and many questions come at once.
        threadpool_limits(limits=1, user_api="blas")
        embedded = StaticModel.from_folder(EMBEDDED_MODEL_DIR)
        encoder = load_encoder(settings, embedded)
        languages = QuestionLanguages.from_file(EMBEDDED_MODEL_DIR / "languages.npz", embedded.tokens)
        generation, damage = newest_intact(settings.index_dir, _reader(encoder, embedded))
        return cls(settings, generation, encoder, languages, embedded, damage)

    def reloaded(self) -> Assistant:
        """Another assistant over what is now the current index, with the models of this one.

        Raises IndexMissing, IndexDamaged or IndexMismatch; it never falls back, since this one goes on answering.
        """
        generation = load_current(self.settings.index_dir, _reader(self._encoder, self._embedded))
        return Assistant(self.settings, generation, self._encoder, self._question_languages, self._embedded)

    def ask(
        self,
        question: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        history: Sequence[Turn] = (),
    ) -> Answer:
        """The answer to a question, or what is said to a greeting and the like.

        ``language`` is that of the question, when it is known; otherwise it is detected, with ``page_language``
        as a hint. ``history`` holds the turns of the earlier answers, oldest first: a follow-up borrows from them.
        Raises QuestionError for a question or code that can't be used.
        """
        remark = remark_in(question)
        if remark:
            return self._small_talk(question, remark, language, page_language, history)
        considered = self.consider(question, language=language, page_language=page_language, history=history)
        reading, routed, entry = considered.reading, considered.routed, considered.entry
        if entry and entry.probability >= self.settings.min_confidence:
            return self._faq_answer(considered, entry)
        probability = self._probability(considered)
        if routed and self._is_routed(considered, routed, probability):
            return self._routed_answer(considered, routed)
        if reading is None or probability < self.settings.min_confidence:
            return self._refusal(considered, probability)
        return self._read_answer(considered, reading, probability)

    def consider(
        self,
        question: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        history: Sequence[Turn] = (),
    ) -> Considered:
        """Everything short of deciding whether the reading is good enough; raises as ``ask`` does."""
        timings: dict[str, float] = {}
        with _timed(timings, "total"):
            question = read_question(question, self.settings.max_question_chars)
            with _timed(timings, "language"):
                asked = without_courtesy(question)
                spoken = self._language_of(asked, language, page_language, history)
            understood = self._conversation.understood(asked, spoken, history)
            asked, kind = understood.question, understood.kind
            topic = topic_of(asked, kind, spoken)
            with _timed(timings, "embed"):
                vector = self._encoder.encode([asked])[0]
                query = self._interaction.query(topic, spoken)
            with _timed(timings, "search"):
                hits = with_lead(self._retriever.search(query, vector, spoken), understood.page)
            with _timed(timings, "read"):
                counted = self._interaction.query(counted_in(asked, spoken), spoken) if kind == "count" else query
                reading = self._reader.read(asked, query, counted, kind, spoken, hits)
                routed = self._router.route(asked, kind, spoken)
                entry = self._faq.find(asked, kind, spoken, hits)
        return Considered(question, asked, spoken, kind, tuple(hits), reading, routed, entry, timings)

    def _language_of(
        self,
        question: str,
        language: str | None,
        page_language: str | None,
        history: Sequence[Turn],
        among: Sequence[str] = LANGUAGES,
    ) -> str:
        for code in (language, page_language):
            if code is not None and code not in LANGUAGES:
                raise QuestionError(f"language {code!r} is not known: use one of {', '.join(LANGUAGES)}")
        if language:
            return language
        before = history[-1].language if history else None
        prior = dict.fromkeys(opened_in(question), _OPENING_WEIGHT)
        if page_language:
            prior[page_language] = _PAGE_LANGUAGE_WEIGHT * prior.get(page_language, 1.0)
        if before in LANGUAGES:
            prior[before] = _TURN_LANGUAGE_WEIGHT * prior.get(before, 1.0)
        found, _ = self._question_languages.identify(question, among, prior)
        return (before or page_language or found) if found == UNDETERMINED else found

    def _small_talk(
        self,
        question: str,
        remark: Remark,
        language: str | None,
        page_language: str | None,
        history: Sequence[Turn],
    ) -> Answer:
        timings: dict[str, float] = {}
        with _timed(timings, "total"):
            question = read_question(question, self.settings.max_question_chars)
            with _timed(timings, "language"):
                hints = [*(turn.language for turn in history[-1:]), page_language]
                fit = [c for c in hints if c in LANGUAGES and interface_language(c) in remark.languages]
                told = language or next(iter(fit), None)
                spoken = self._language_of(question, told, page_language, history, remark.languages)
            contact = self._whom_to_ask(spoken) if remark.about == HUMAN else None
        return Answer(
            question=question,
            language=spoken,
            status="answered",
            answer=spoken_reply(remark.about, spoken, contact),
            answer_language=interface_language(spoken),
            notice=None,
            citations=(),
            contacts=(contact,) if contact else (),
            confidence=1.0,
            passages=(),
            timings_ms={"language": 0.0, "embed": 0.0, "search": 0.0, "read": 0.0, **timings},
            smalltalk=remark.about,
            turn=Turn("", spoken),
        )

    def _probability(self, considered: Considered) -> float:
        """That the reading answers; 0 when it lacks what must be in it, an address or a name, say."""
        reading, routed = considered.reading, considered.routed
        if reading is None or reading.lacks:
            return 0.0
        is_contact = reading.hit.passage.contact is not None
        if routed and routed.named and routed.lacks and (is_contact or considered.kind in CONTACT_KINDS):
            return 0.0  # what is known of somebody doesn't tell what isn't
        if considered.kind == "contact" and not is_contact and not self._tells_who(reading):
            return 0.0
        return confidence(reading.features)

    def _is_routed(self, considered: Considered, routed: Routed, probability: float) -> bool:
        """Whether people answer, rather than what was read: who did something is told by a sentence if any tells it."""
        threshold = self.settings.min_confidence
        reading = considered.reading
        is_told = reading and reading.hit.passage.contact is None and probability >= threshold
        is_sentence = is_told and considered.kind == "person" and not routed.named
        return not routed.lacks and routed.probability >= threshold and not is_sentence

    def _faq_answer(self, considered: Considered, entry: Entry) -> Answer:
        proof = Proof(entry.hit.passage.document, entry.start, entry.end, entry.answer)
        return self._answer(considered, self._citation(proof), self._contacts(considered, entry), entry.probability)

    def _routed_answer(self, considered: Considered, routed: Routed) -> Answer:
        cards = tuple(person.card(considered.language) for person in routed.people)
        proof = routed.people[0].proof(cards[0], routed.fields)
        return self._answer(considered, self._citation(proof), cards, routed.probability)

    def _read_answer(self, considered: Considered, reading: Reading, probability: float) -> Answer:
        proof = Proof(reading.hit.passage.document, reading.start, reading.end, reading.answer)
        citation = self._citation(proof)
        named = citation.quote[citation.answer_start : citation.answer_end] if considered.kind == "person" else ""
        return self._answer(considered, citation, self._contacts(considered, reading), probability, named)

    def _answer(
        self,
        considered: Considered,
        citation: Citation,
        contacts: tuple[Contact, ...],
        probability: float,
        named: str = "",
    ) -> Answer:
        person = contacts[0].name if contacts else named or None
        return Answer(
            question=considered.question,
            language=considered.language,
            status="answered",
            answer=citation.quote,
            answer_language=citation.language,
            notice=source_notice(considered.language, citation.language),
            citations=(citation,),
            contacts=contacts,
            confidence=probability,
            passages=considered.hits[: self.settings.max_passages],
            timings_ms=considered.timings_ms,
            turn=turn_of(considered.understood, considered.language, citation.document, person),
        )

    def _refusal(self, considered: Considered, probability: float) -> Answer:
        is_named = considered.routed is not None and considered.routed.named
        reply = nobody_named if considered.kind == "contact" and not is_named else not_found
        return Answer(
            question=considered.question,
            language=considered.language,
            status="not_found",
            answer=reply(considered.language),
            answer_language=interface_language(considered.language),
            notice=None,
            citations=(),
            contacts=(),
            confidence=probability,
            passages=considered.hits[: self.settings.max_passages],
            timings_ms=considered.timings_ms,
            turn=turn_of(considered.understood, considered.language),
            referral=self._whom_to_ask(considered.language),
        )

    def _whom_to_ask(self, language: str) -> Contact | None:
        """The contact for things in general, if the documents name one who can be reached."""
        person = self._people.find(self._general_contact or "")
        return person.card(language) if person else None

    def _contacts(self, considered: Considered, reading: Reading | Entry) -> tuple[Contact, ...]:
        """Cards of the people whom the quote names or whose address it gives, when people are what was asked for."""
        passage = reading.hit.passage
        if considered.kind not in ROUTED_KINDS and passage.contact is None:
            return ()
        return tuple(person.card(considered.language, passage.document) for person in self._named_by(reading))

    def _tells_who(self, reading: Reading) -> bool:
        """A heading or an item that names nobody tells nobody; a sentence may tell what office it is."""
        text = self.by_path[reading.hit.passage.document].text
        return text[reading.start : reading.end].endswith((".", "!")) or bool(self._named_by(reading))

    def _named_by(self, reading: Reading | Entry) -> list[Person]:
        passage = reading.hit.passage
        document = self.by_path[passage.document]
        if passage.contact is not None:
            return [person] if (person := self._people.find(document.contacts[passage.contact].name)) else []
        quote = document.text[reading.start : reading.end]
        return self._people.named_in(quote) or self._people.reached_by(quote)

    def _citation(self, proof: Proof) -> Citation:
        document = self.by_path[proof.document]
        return Citation(
            document=document.path,
            title=document.title,
            url=document.url,
            language=document.language,
            quote=document.text[proof.start : proof.end],
            start=proof.start,
            end=proof.end,
            updated=document.updated,
            source=document.source,
            answer_start=proof.answer[0] - proof.start,
            answer_end=proof.answer[1] - proof.start,
        )


def _reader(encoder: Encoder, embedded: StaticModel) -> Callable[[Stored], Generation]:
    """What reads a generation that was built with these models."""
    return lambda stored: load_generation(stored, encoder.fingerprint, embedded.fingerprint)


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Notes how long a stage took, in milliseconds."""
    started = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = (time.perf_counter() - started) * 1000
