from __future__ import annotations

import re
import tomllib

import pytest

from qa.answer.smalltalk import general_contact, remark_in, spoken_reply, without_courtesy
from qa.assistant import Assistant
from qa.errors import QuestionError
from qa.evaluation.questions import read_questions
from qa.records import Contact, Document, Turn
from qa.settings import INTERFACE_LANGUAGES, PROJECT_DIR
from qa.text import ADDRESS

TABLE = tomllib.loads((PROJECT_DIR / "qa" / "answer" / "smalltalk.toml").read_text("utf-8"))
ABOUT = tuple(TABLE["phrases"])


@pytest.mark.parametrize(
    ("said", "about", "language"),
    [
        ("Hello!", "greeting", "en"),
        ("Good mornig", "greeting", "en"),
        ("thnx", "thanks", "en"),
        ("Thank you so much!!", "thanks", "en"),
        ("what can you do?", "abilities", "en"),
        ("Hi there, are you a robot?", "identity", "en"),
        ("Can I please talk to a real person?", "human", "en"),
        ("Moikka", "greeting", "fi"),
        ("Kiitos avusta!", "thanks", "fi"),
        ("Oletko robotti vai ihminen", "identity", "fi"),
        ("Haluaisin puhua ihmisen kanssa", "human", "fi"),
        ("hejsan", "greeting", "sv"),
        ("tack så mycket!", "thanks", "sv"),
        ("tack sa mycke", "thanks", "sv"),
        ("Kan jag få prata med en människa?", "human", "sv"),
        ("Heisann", "greeting", "nb"),
        ("Tusen takk for hjelpen", "thanks", "nb"),
        ("Kva kan du hjelpe meg med?", "abilities", "nb"),
        ("Hejsa", "greeting", "da"),
        ("Hvad kan jeg spørge om?", "abilities", "da"),
        ("Må jeg tale med et menneske?", "human", "da"),
        ("Guten Tag", "greeting", "de"),
        ("Sind Sie ein Roboter?", "identity", "de"),
        ("Kann ich bitte mit einem Menschen sprechen?", "human", "de"),
        ("merci bien", "thanks", "fr"),
        ("Bonjour ! Qui êtes-vous ?", "identity", "fr"),
        ("Puis-je parler à quelqu’un ?", "human", "fr"),
        ("tere", "greeting", "et"),
        ("Aitäh!", "thanks", "et"),
        ("Head aega", "goodbye", "et"),
    ],
)
def test_a_remark_is_known(said: str, about: str, language: str) -> None:
    remark = remark_in(said)
    assert remark
    assert remark.about == about
    assert language in remark.languages


@pytest.mark.parametrize(
    "question",
    ["", "?", "Thanks to whom was CEMR founded?", "Who can help me with town twinning?", "contact", "CEMR", "Kontakt",
     "What can I do in a twin town?", "What is CEMR?", "Who are the members?", "hello world bank",
     "Kuka on presidentti?",
     "Var är du född president?", "Wer sind die Mitglieder?", "What is it?", "And you?", "hi " * 40 + "CEMR"],
)  # fmt: skip
def test_a_question_is_no_remark(question: str) -> None:
    assert remark_in(question) is None


@pytest.mark.parametrize("name", ["corpus-dev", "seeds-dev"])
def test_no_question_of_the_development_sets_is_a_remark(name: str) -> None:
    for question in read_questions(PROJECT_DIR / "tests" / "data" / f"{name}.jsonl"):
        assert remark_in(question.question) is None
        assert without_courtesy(question.question) == question.question


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Hello, who is the contact for twinning?", "who is the contact for twinning?"),
        ("Hello who is the contact for twinning?", "who is the contact for twinning?"),
        ("Hei! Milloin CEMR perustettiin?", "Milloin CEMR perustettiin?"),
        ("Tack! Vem är president i CEMR?", "Vem är president i CEMR?"),
        ("Bonjour, quand a été créé le CEMR ?", "quand a été créé le CEMR ?"),
        ("Thanks to whom does it exist?", "Thanks to whom does it exist?"),
        ("Tack för maten säger man var?", "Tack för maten säger man var?"),
        ("Who are you to tell me about CEMR?", "Who are you to tell me about CEMR?"),
        ("Hello!", "Hello!"),
    ],
)
def test_a_question_is_freed_of_the_greeting_before_it(question: str, rest: str) -> None:
    assert without_courtesy(question) == rest


def test_every_phrase_is_known_for_what_it_is() -> None:
    for about, table in TABLE["phrases"].items():
        for phrase in (phrase for said in table.values() for phrase in said):
            remark = remark_in(phrase)
            assert remark
            assert ABOUT.index(remark.about) >= ABOUT.index(about), phrase


def test_every_language_has_every_table() -> None:
    replies = TABLE["replies"]
    assert set(replies) == set(TABLE["fillers"]) == set(INTERFACE_LANGUAGES)
    for table in TABLE["phrases"].values():
        assert set(table) == set(INTERFACE_LANGUAGES)
    for said in replies.values():
        assert set(said) == {*ABOUT, "human_contact"}
        assert [re.findall(r"{\w+}", said[about]) for about in ABOUT] == [[]] * len(ABOUT)
        assert sorted(re.findall(r"{\w+}", said["human_contact"])) == ["{address}", "{name}"]
    assert len({text for said in replies.values() for text in said.values()}) == len(replies) * (len(ABOUT) + 1)


def page(title: str, *contacts: Contact) -> Document:
    return Document(title, title, title, "en", "text", contacts=contacts)


def test_the_general_contact_is_whoever_can_be_reached_about_things_in_general() -> None:
    ann = Contact("Ann Berg", "x", title="Head of Communications", email="ann@ks.no")
    ben = Contact("Ben Dahl", "x", responsibilities=("town twinning",), phone="+47 22 33 44 55")
    mute = Contact("Carl Ek", "x", title="General information")
    assert general_contact([page("Staff", ann, ben, mute)]) == "Ann Berg"
    assert general_contact([page("Feedback", ben), page("Staff", mute)]) == "Ben Dahl"
    assert general_contact([page("Staff", ben, mute)]) is None
    assert general_contact([]) is None


def test_without_a_contact_one_is_told_where_to_look() -> None:
    ann = Contact("Ann Berg", "x", phone="+47 22 33 44 55")
    assert spoken_reply("human", "en").endswith("on the association’s website.")
    assert spoken_reply("human", "nn", ann).endswith("du når Ann Berg her: +47 22 33 44 55")


def test_a_remark_gets_its_reply_and_cites_nothing(assistant: Assistant) -> None:
    answer = assistant.ask("Kiitos!")
    assert (answer.status, answer.smalltalk, answer.language, answer.answer_language) == (
        "answered",
        "thanks",
        "fi",
        "fi",
    )
    assert answer.answer == TABLE["replies"]["fi"]["thanks"]
    assert (answer.citations, answer.contacts, answer.passages, answer.notice) == ((), (), (), None)
    assert (answer.confidence, answer.turn) == (1.0, Turn("", "fi"))
    assert answer.to_json()["smalltalk"] == "thanks"
    assert assistant.ask("Milloin CEMR perustettiin?").to_json()["smalltalk"] is None


def test_who_asks_for_a_human_gets_a_contact(assistant: Assistant) -> None:
    for language in INTERFACE_LANGUAGES:
        answer = assistant.ask(TABLE["phrases"]["human"][language][1], language=language)
        (contact,) = answer.contacts
        assert contact.email
        assert contact.name in answer.answer
        assert ADDRESS.search(answer.answer)
        assert answer.answer_language == language


@pytest.mark.parametrize(("said", "languages"), [("Hei", ("fi", "nb")), ("Hej", ("sv", "da")), ("ok", ("de", "et"))])
def test_page_and_conversation_decide_where_a_remark_has_several_languages(
    assistant: Assistant, said: str, languages: tuple[str, str]
) -> None:
    one, other = languages
    assert assistant.ask(said, page_language=one).language == one
    assert assistant.ask(said, page_language=other).language == other
    assert assistant.ask(said, history=[Turn("", one)]).language == one
    assert assistant.ask(said, page_language=one, history=[Turn("", other)]).language == other
    assert assistant.ask(said, language=other, page_language=one).language == other


def test_the_question_after_a_greeting_is_answered(assistant: Assistant) -> None:
    answer = assistant.ask("Hello, when was CEMR founded?")
    assert answer.question == "Hello, when was CEMR founded?"
    assert answer.smalltalk is None
    assert "1951" in answer.answer


def test_the_limits_of_questions_hold_for_remarks(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="language 'xx' is not known"):
        assistant.ask("Hello", page_language="xx")
    assert assistant.ask("Hello", history=[Turn("", "xx")]).language == "en"
    assert remark_in("hello " * 500) is None
