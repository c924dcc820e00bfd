"""The report's markup: what is in it, in which order, and that strangers' text stays text."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from qa.evaluation.compare import compare
from qa.evaluation.listing import INVENTED, KINDS, MISSED, REFUSED, RIGHT, WRONG, kind_of, worst_first
from qa.evaluation.pages import Pages
from qa.evaluation.plots import risk_coverage_plot, share_bar
from qa.evaluation.questions import Question
from qa.evaluation.report import report_html
from qa.evaluation.results import Bin, Evaluation, Interval, Outcome, Point
from qa.evaluation.run import measure, summarise
from qa.records import Answer, Citation, Contact, Hit, Passage

HOSTILE = (
    "<script>document.title = 'caught'</script>",
    "</style></script></details><img src=x onerror=alert(1)>",
    "\" onclick='alert(1)' x=\"",
    "\u202egnp.exe\u2066",
    "<!-- ]]> --> &lt;b&gt; $body ${body} {body}",
    "a\x00b\x0bc\ud800d",
)
PAGES = Pages({"en/cemr": "cemr", "fi/cemr": "cemr"}, {"en/cemr": ("en", "fi"), "fi/cemr": ("en", "fi")})


def outcome(
    id: str = "q1",
    question: str = "When was CEMR founded?",
    answers: tuple[str, ...] = ("1951",),
    said: str | None = "CEMR was founded in 1951.",
    confidence: float = 0.9,
    language: str = "en",
    source: str = "en",
) -> Outcome:
    """A question and its reply; None as ``said`` is a refusal, no answers an unanswerable question."""
    asked = Question(id, language, question, answers, ("en/cemr",) if answers else ())
    at = said.find("1951") if said else -1
    span = (at, at + 4) if at >= 0 else (0, 0)
    passage = Passage(f"{source}/cemr", 0, 9, "A passage about CEMR.", "What is CEMR?", source, "cemr")
    cited = Citation(passage.document, "What is CEMR?", None, source, said or "", 0, 25, None, None, *span)
    answer = Answer(
        question=question,
        language=language,
        status="answered" if said else "not_found",
        answer=said or "The documents don’t tell me that.",
        answer_language=source if said else language,
        notice=None,
        citations=(cited,) if said else (),
        contacts=(),
        confidence=confidence,
        passages=(Hit(passage, 0.71),),
        timings_ms={"total": 2.0},
    )
    return Outcome(asked, answer, measure(asked, answer, PAGES))


def small_set() -> tuple[Outcome, ...]:
    """One of each kind, and of wrong answers two; Finnish questions answered from English."""
    return (
        outcome("right", confidence=0.8),
        outcome("unsure", question="Milloin CEMR perustettiin?", confidence=0.6, language="fi"),
        outcome("sure", said="It was 1949.", confidence=0.97, language="fi"),
        outcome("wrong", question="Since when is there a CEMR?", said="In 1949.", confidence=0.7),
        outcome("missed", said=None, confidence=0.4),
        outcome("invented", question="What does a hamburger cost?", answers=(), confidence=0.9),
        outcome("refused", question="Who will win?", answers=(), said=None, confidence=0.1),
    )


def small_evaluation() -> Evaluation:
    return summarise(small_set(), PAGES)


def parsed(report: str) -> html.HtmlElement:
    return html.document_fromstring(report)


def words(element: html.HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def cell_of(page: html.HtmlElement, caption: str, row: str, column: str) -> html.HtmlElement:
    """A table's cell by the headings that a reader finds it by."""
    (table,) = page.xpath(f"//table[caption[@id='{caption}']]")
    columns = [words(head) for head in table.xpath("thead/tr[last()]/th")]
    (cells,) = (found for found in table.xpath("tbody/tr") if words(found[0]) == row)
    return cells[columns.index(column)]


def test_each_outcome_has_its_kind() -> None:
    kinds = {found.question.id: kind_of(found) for found in small_set()}
    assert kinds == {
        "right": RIGHT,
        "unsure": RIGHT,
        "sure": WRONG,
        "wrong": WRONG,
        "missed": MISSED,
        "invented": INVENTED,
        "refused": REFUSED,
    }
    assert set(kinds.values()) == set(KINDS)


def test_the_worst_come_first_and_narrow_successes_before_sure_ones() -> None:
    order = [found.question.id for found in worst_first(small_set())]
    assert order == ["sure", "wrong", "missed", "invented", "refused", "unsure", "right"]
    cards = parsed(report_html(small_evaluation())).find_class("id")
    assert [card.text_content() for card in cards] == order


def test_what_went_wrong_is_unfolded_and_what_went_right_is_not() -> None:
    folds = parsed(report_html(small_evaluation())).find_class("more")
    assert ["open" in fold.attrib for fold in folds] == [True, True, True, True, False, False, False]


def test_head_figures_are_said_in_words() -> None:
    figures = [words(figure) for figure in parsed(report_html(small_evaluation())).find_class("figure")]
    answered, refused, false_refusal, found, language, time = figures
    assert answered.startswith("Answered right 40 % likely between")
    assert "5 questions too few to tell" in answered
    assert refused.startswith("Rightly refused 50 %")
    assert false_refusal.startswith("Wrongly refused (lower is better) 20 %")
    assert "the same in all 5" in found
    assert language.startswith("Question’s language recognised 100 %")
    assert "2.0 ms" in time


def test_the_lead_counts_right_replies() -> None:
    (lead,) = parsed(report_html(small_evaluation())).find_class("lead")
    assert words(lead).startswith("7 questions in 2 languages were asked; the documents answer 5 of them. 3 got")


def test_the_heat_map_holds_its_figures_as_text() -> None:
    page = parsed(report_html(small_evaluation()))
    asked_in_finnish = cell_of(page, "heat-answer-caption", "Finnish", "Finnish")
    asked_in_english = cell_of(page, "heat-answer-caption", "English", "English")
    assert words(asked_in_finnish) == "50 % of 2, few"
    assert words(asked_in_english) == "33 % of 3, few"
    assert "h0" in asked_in_english.classes
    assert "h1" in asked_in_finnish.classes
    assert words(cell_of(page, "heat-found-caption", "English", "English")) == "100 % of 3, few"
    assert words(cell_of(page, "heat-found-caption", "English", "Finnish")) == "· no questions"


def test_cells_of_many_questions_are_not_marked() -> None:
    outcomes = tuple(outcome(str(number)) for number in range(12))
    page = parsed(report_html(summarise(outcomes, PAGES)))
    assert words(cell_of(page, "heat-answer-caption", "English", "English")) == "100 % of 12"
    assert not page.find_class("few")


def test_the_table_by_language_starts_with_all() -> None:
    page = parsed(report_html(small_evaluation()))
    assert words(cell_of(page, "by-language", "All languages", "Questions")) == "7"
    assert words(cell_of(page, "by-language", "Finnish", "Rightly refused")) == "· no questions"
    assert words(cell_of(page, "by-language", "Finnish", "Answered right")).startswith("50 %")


def test_quotes_mark_the_answering_words_and_every_text_has_its_language() -> None:
    page = parsed(report_html(small_evaluation()))
    (card,) = (card for card in page.find_class("card") if card.find_class("id")[0].text == "unsure")
    assert card.xpath(".//h3/@lang") == ["fi"]
    assert card.xpath(".//blockquote/@lang") == ["en"]
    assert card.xpath(".//mark/text()") == ["1951"]
    assert card.xpath(".//ol[@class='passages']//p[@lang]/@lang") == ["en"]
    assert "1 passage considered, an expected document at place 1" in words(card)


def test_contacts_and_links_are_shown_but_scripts_are_no_links() -> None:
    told = outcome()
    citation = replace(told.answer.citations[0], url="https://example.org/a?b=1&c=2", updated="2024-05-01")
    person = Contact("Ada Berg", "en/cemr", title="Adviser", email="ada@ks.no")
    linked = replace(told, answer=replace(told.answer, citations=(citation,), contacts=(person,)))
    page = parsed(report_html(summarise([linked])))
    assert page.xpath("//figcaption//a/@href") == ["https://example.org/a?b=1&c=2"]
    assert "Ada Berg Adviser ada@ks.no" in words(page.find_class("contact")[0])
    citation = replace(citation, url="javascript:alert(1)")
    refused = replace(told, answer=replace(told.answer, citations=(citation,)))
    assert parsed(report_html(summarise([refused]))).xpath("//figcaption//a") == []


def test_a_wrongly_detected_language_is_said() -> None:
    told = outcome(language="nb")
    answer = replace(told.answer, language="da")
    page = parsed(report_html(summarise([Outcome(told.question, answer, measure(told.question, answer))])))
    assert "taken for Danish" in words(page.find_class("facts")[0])


def test_a_comparison_is_said_in_words() -> None:
    before = {str(n): outcome(str(n), said=None).answer for n in range(8)} | {"gone": outcome("gone").answer}
    after = summarise([outcome(str(n)) for n in range(8)], PAGES)
    page = parsed(report_html(after, compare(before, after.outcomes, PAGES)))
    assert words(cell_of(page, "changes-table", "Answered right", "In words")) == "better, more than noise"
    assert words(cell_of(page, "changes-table", "Wrongly refused", "In words")) == "better, more than noise"
    assert words(cell_of(page, "changes-table", "Wrongly refused", "Difference, points")) == "−100.0"
    assert words(cell_of(page, "changes-table", "Answered right", "p-value")) == "0.008"  # 2 · 2⁻⁸
    section = words(page.find_class("changes")[0])
    assert section.startswith("Got worse No question. Got better 8 questions")
    assert "1 question was asked only once" in words(page.xpath("//section[h2[@id='changes']]")[0])


def test_a_comparison_of_equals_claims_nothing() -> None:
    after = small_evaluation()
    same = compare({found.question.id: found.answer for found in after.outcomes}, after.outcomes, PAGES)
    page = parsed(report_html(after, same))
    assert "No figure changed by more than noise" in words(page.xpath("//section[h2[@id='changes']]")[0])
    assert not page.xpath("//caption[@id='changes-table']")


def test_headings_are_in_order_and_tables_are_labelled() -> None:
    after = small_evaluation()
    same = compare({found.question.id: found.answer for found in after.outcomes}, after.outcomes, PAGES)
    page = parsed(report_html(after, same))
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for table in page.xpath("//table"):
        (region,) = table.xpath("..")
        assert region.get("tabindex") == "0"
        assert page.get_element_by_id(region.get("aria-labelledby")).tag == "caption"
        assert not table.xpath(".//th[not(@scope)]")
    assert page.xpath("//a[@class='skip']/@href") == ["#content"]
    assert all(page.get_element_by_id(href[1:]) is not None for href in page.xpath("//nav//@href"))


def test_plots_have_a_title_a_description_and_a_table() -> None:
    page = parsed(report_html(small_evaluation()))
    plots = page.find_class("plot")
    assert len(plots) == 2
    for plot in plots:
        title, description = (page.get_element_by_id(name) for name in plot.get("aria-labelledby").split())
        assert title.tag == "title"
        assert description.text
    assert words(cell_of(page, "risk-table", "100 %", "Of the answers, wrong")) == "71 %"  # all but two of seven
    assert "60\u00a0% of them wrongly" in plots[0].xpath("string(desc)")  # of five answers, three are wrong


def test_a_plot_is_drawn_to_scale() -> None:
    curve = (Point(0.5, 0.0), Point(1.0, 0.2))
    (line,) = re.findall(r'<polyline class="curve" points="([^"]*)"', risk_coverage_plot(curve, None))
    assert line == "215.0,252.0 374.0,32.0"


def test_shares_fill_the_bar() -> None:
    pieces = etree.fromstring(share_bar([("right", 3), ("none", 0), ("wrong", 1)]))
    assert [(piece.get("class"), piece.get("x")) for piece in pieces] == [("right", "0.0"), ("wrong", "750.0")]


@pytest.mark.parametrize("said", [None, "CEMR was founded in 1951."])
def test_sets_of_one_kind_make_a_report(said: str | None) -> None:
    page = parsed(report_html(summarise([outcome(said=said)])))
    assert len(page.find_class("card")) == 1
    assert bool(page.find_class("heat")) is False  # no page of the index is expected


def test_an_evaluation_by_hand_needs_no_run() -> None:
    one = outcome()
    cell = Interval(0.5, 0.25, 0.75, 40)
    evaluation = Evaluation(
        outcomes=(one,),
        overall={"answer": cell, "a new <metric>": cell},
        by_language={"en": {"answer": cell}},
        by_pair={("en", "sv"): {"answer": cell}},
        risk_coverage=(Point(1.0, 0.5),),
        aurc=0.5,
        reliability=(Bin(0.9, 1.0, 1, 0.95, 1.0),),
        calibration_error=0.05,
        latency_ms={"p50": 1.0, "p95": 2.0},
    )
    page = parsed(report_html(evaluation))
    assert words(cell_of(page, "heat-answer-caption", "English", "Swedish")) == "50 % of 40"
    assert "a new <metric>" in page.text_content()


def test_the_policy_allows_this_style_and_script_alone() -> None:
    page = parsed(report_html(small_evaluation()))
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    for tag in ("style", "script"):
        (element,) = page.xpath(f"//{tag}")
        digest = b64encode(sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not page.xpath("//@style|//@src|//@*[starts-with(name(), 'on')]")
    assert page.xpath("//link/@href")[0].startswith("data:image/svg+xml,")


def strangers_text(text: str) -> Evaluation:
    """An evaluation in which all that strangers write is this text."""
    question = Question(text, text, text, (text,), (text,))
    passage = Passage(text, 0, 9, text, text, text, text)
    citation = Citation(text, text, text, text, text, 0, 9, text, None, 0, len(text))
    person = Contact(text, text, text, text, (text,), text, text)
    answer = Answer(
        text, text, "answered", text, text, text, (citation,), (person,), 0.5, (Hit(passage, 1.0),), {"total": 1.0}
    )
    return summarise([Outcome(question, answer, {"language": 0.0, "answer": 0.0, "recall@3": 1.0})])


def structure(report: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(element.tag), tuple(element.attrib)) for element in parsed(report).iter()]


@given(st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1), st.text("<>&\"'/= sv-\u202e$", min_size=1)))
def test_strangers_text_is_never_markup(text: str) -> None:
    report = report_html(strangers_text(text))
    assert structure(report) == structure(report_html(strangers_text("plain")))
    report.encode()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", report)


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn", "Co")), min_size=1))
def test_strangers_text_is_shown_as_it_is(text: str) -> None:
    (heading,) = parsed(report_html(strangers_text(text))).xpath("//h3[@id='question-1']")
    assert heading.text_content() == text
