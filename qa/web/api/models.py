"""The shapes of the API: what requests must look like, and what replies do look like, for /openapi.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa.records import Status
from qa.settings import LANGUAGES
from qa.web.asking.service import Service
from qa.web.guard.faults import CODES, fault_json
from qa.web.messages import catalogue

MAX_TURNS = 10
MAX_TURN_CHARS = 1_000
MAX_COMMENT_CHARS = 1_000

_ONE_OF = f"One of {', '.join(LANGUAGES)}."
InterfaceLanguage = Literal["en", "fi", "sv", "nb", "da", "de", "fr", "et"]


class EarlierTurn(BaseModel):
    """An answer's ``turn``, sent back as it came."""

    model_config = ConfigDict(extra="forbid")

    question: str
    language: str
    document: str | None = None
    person: str | None = None


class Ask(BaseModel):
    """What ``POST /api/ask`` takes."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(examples=["Milloin CEMR perustettiin?"])
    language: str | None = Field(None, description=f"Language of the question, when it is known. {_ONE_OF}")
    page_language: str | None = Field(
        None, description=f"Language of the page: a hint where the question is unclear. {_ONE_OF}", examples=["fi"]
    )
    history: list[EarlierTurn] = Field(
        [], description=f"The `turn` of each earlier answer, oldest first, at most {MAX_TURNS}: for follow-ups."
    )
    draw: InterfaceLanguage | None = Field(
        None, description="Also give the reply as HTML (`html`), with its labels in this language."
    )


class Feedback(BaseModel):
    """What ``POST /api/feedback`` takes."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern="^[0-9a-f]{32}$", description="The `id` of the answer.", examples=["0" * 32])
    verdict: Literal["up", "down"]
    comment: str = Field("", max_length=MAX_COMMENT_CHARS)
    language: InterfaceLanguage | None = Field(None, description="Language of the page.")


class Received(BaseModel):
    """That feedback has been counted."""

    status: Literal["received"] = "received"


class CitationBody(BaseModel):
    """The proof of an answer; offsets count characters (Unicode code points) of the document's text."""

    document: str
    title: str
    url: str | None
    language: str
    quote: str
    start: int
    end: int
    updated: str | None
    source: str | None
    answer_start: int = Field(description="Offset into the quote of the words that answer.")
    answer_end: int


class SourceBody(BaseModel):
    """Where one thing told of a contact stands."""

    field: str
    value: str
    document: str
    language: str
    start: int
    end: int
    verified: str | None


class ContactBody(BaseModel):
    """A person or office; everything is copied exactly."""

    name: str
    document: str
    title: str | None
    unit: str | None
    responsibilities: list[str]
    email: str | None
    phone: str | None
    verified: str | None
    start: int
    end: int
    sources: list[SourceBody]


class PassageBody(BaseModel):
    """A passage that was considered."""

    document: str
    text: str
    score: float


class AnswerBody(BaseModel):
    """What ``POST /api/ask`` gives."""

    id: str = Field(description="Random; for feedback. Also in the header X-Request-ID.")
    question: str
    language: str
    status: Status
    answer: str
    answer_language: str
    notice: str | None
    citations: list[CitationBody]
    contacts: list[ContactBody]
    confidence: float
    passages: list[PassageBody]
    timings_ms: dict[str, float]
    smalltalk: str | None
    referral: ContactBody | None
    turn: EarlierTurn | None
    html: str | None = Field(None, description="The reply drawn as safe HTML; only when `draw` was sent.")


class DocumentBody(BaseModel):
    """A document that answers come from."""

    path: str
    id: str
    title: str
    language: str
    url: str | None
    source: str | None
    updated: str | None


class Alive(BaseModel):
    """The process lives."""

    status: Literal["ok"]


class Ready(BaseModel):
    """Questions can be asked; and which generation of the index answers."""

    status: Literal["ready"]
    documents: int
    passages: int
    generation: str = Field(examples=["000007"])
    built: datetime
    opened: datetime = Field(description="Since when it answers.")
    age_s: int = Field(description="Seconds since it was built.")
    refused: str | None = Field(description="A newer generation that can't be used; the log tells why.")

    @classmethod
    def of(cls, service: Service) -> Ready:
        """What the service answers from. Raises NotReady before that is loaded."""
        snapshot = service.snapshot
        edition = snapshot.assistant.edition
        built = datetime.fromisoformat(edition.created)
        return cls(
            status="ready",
            documents=len(snapshot.documents),
            passages=edition.passages,
            generation=edition.generation,
            built=built,
            opened=datetime.fromtimestamp(int(snapshot.opened), UTC),
            age_s=max(0, int((datetime.now(UTC) - built).total_seconds())),
            refused=service.refused,
        )


class FaultBody(BaseModel):
    """What went wrong."""

    code: str
    message: str = Field(description="For the visitor, in the page's or the browser's language.")
    detail: str | None = Field(None, description="For whoever writes the program, in English.")
    request_id: str | None = None


class Fault(BaseModel):
    """Every fault."""

    error: FaultBody


class OpenAIFaultBody(FaultBody):
    """What went wrong, as OpenAI's clients expect it."""

    type: str
    param: str | None


class OpenAIFault(BaseModel):
    """Every fault under ``/v1``."""

    error: OpenAIFaultBody


def describe(*codes: str, openai: bool = False) -> dict[int | str, dict[str, Any]]:
    """The replies of OpenAPI for faults, each code with an example."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status = CODES[code]
        model = OpenAIFault if openai else Fault
        reply = found.setdefault(status, {"model": model, "description": "", "content": {}})
        message = catalogue("en")(f"error_{code}")
        reply["description"] = " ".join(filter(None, (reply["description"], message)))
        examples = reply["content"].setdefault("application/json", {"examples": {}})["examples"]
        examples[code] = {"value": fault_json(code, message, request_id="0" * 32, openai=openai)}
    return found
