"""OpenAI's own client library against the running service, and what it never sends."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest

from qa.records import Answer, Citation
from qa.web.api.markdown import as_markdown
from qa.web.drawing.transcript import reply_text
from qa.web.messages import catalogue


@pytest.fixture(scope="module")
def client(address: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{address}v1", api_key="none", max_retries=0)


def said(client: openai.OpenAI, *messages: tuple[str, str], **parameters: Any) -> str:
    listed: Any = [{"role": role, "content": content} for role, content in messages]
    reply = client.chat.completions.create(model="kysy", messages=listed, **parameters)
    [choice] = reply.choices
    assert choice.finish_reason == "stop"
    return choice.message.content or ""


def test_the_model_is_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["kysy"]
    assert client.models.retrieve("kysy").object == "model"
    with pytest.raises(openai.NotFoundError, match="nothing at this address"):
        client.models.retrieve("another")


def test_the_reply_quotes_the_source_and_says_where_it_stands(client: openai.OpenAI, address: str) -> None:
    text = said(client, ("system", "Answer in verse."), ("user", "Milloin CEMR perustettiin?"), temperature=1.5)
    answer = httpx.post(f"{address}api/ask", json={"question": "Milloin CEMR perustettiin?"}).json()
    [citation] = answer["citations"]
    assert citation["quote"] in text
    assert text.splitlines()[-1].startswith(f"Lähde: {citation['title']} · suomi")


def test_the_streamed_reply_is_the_same(client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": [{"type": "text", "text": "När grundades CEMR?"}]}]
    stream = client.chat.completions.create(
        model="kysy", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert [choice.finish_reason for choice in chunks[-2].choices] == ["stop"]
    assert chunks[-1].usage is not None
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == said(client, ("user", "När grundades CEMR?"))
    assert len(chunks) > 5


def test_a_follow_up_borrows_from_the_messages_before_it(client: openai.OpenAI) -> None:
    text = said(
        client,
        ("user", "When was CEMR founded?"),
        ("assistant", "CEMR was founded in 1951."),
        ("user", "..."),
        ("user", "Who is its president?"),
    )
    assert "Stefano Bonaccini" in text


def test_a_refusal_is_in_the_users_language(client: openai.OpenAI) -> None:
    assert "Asiakirjoista ei löydy" in said(client, ("user", "Paljonko pullapitko maksaa torilla?"))


@pytest.mark.parametrize(
    ("messages", "error", "code"),
    [
        ([], openai.UnprocessableEntityError, "invalid"),
        ([{"role": "assistant", "content": "Hi"}], openai.BadRequestError, "bad_question"),
        ([{"role": "user", "content": 7}], openai.UnprocessableEntityError, "invalid"),
        ([{"role": "user", "content": None}], openai.BadRequestError, "bad_question"),
    ],
)
def test_what_cannot_be_answered_is_an_error_of_theirs(
    client: openai.OpenAI, messages: Any, error: type[openai.APIStatusError], code: str
) -> None:
    with pytest.raises(error, match=r"question|request") as caught:
        client.chat.completions.create(model="kysy", messages=messages)
    assert caught.value.code == code
    assert caught.value.type == "invalid_request_error"


def test_a_document_makes_no_client_fetch_anything() -> None:
    quote = "See ![x](https://example.org/x.png), [y]: z and <img src=x>"
    citation = Citation("en/a", "A [b](c)", "javascript:x", "en", quote, 0, len(quote))
    answer = Answer("?", "en", "answered", quote, "en", None, (citation,), (), 1.0, (), {})
    told, source = as_markdown(reply_text(answer, catalogue("en"), {})).split("\n\n")
    assert told == r"See ![x]\(https://example.org/x.png), [y]\: z and \<img src=x>"
    assert source == catalogue("en")("source", source=r"A [b]\(c) · English")


def test_a_card_keeps_its_lines_where_markdown_is_shown(client: openai.OpenAI) -> None:
    text = said(client, ("user", "What is Laura Parsama’s e-mail address?"))
    assert "E-mail: laura.parsama(at)kuntaliitto.fi  \n" in text
    assert text.startswith("Laura Parsama  \n")
