"""The arrows of the house: each wing imports only from wings above it, and each library has one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.settings import PROJECT_DIR

LADDER = (
    ("errors", "disk", "markup"),
    ("records",),
    ("settings",),
    ("text",),
    ("language",),
    ("ingest", "crawl", "search", "answer"),  # side by side: they meet in `assistant`
    ("building", "assistant"),
    ("evaluation",),
    ("progress", "watch"),
    ("web",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
WEB_LADDER = (
    ("__init__",),
    ("messages",),
    ("asking", "drawing"),  # who answers, and what it looks like, know nothing of each other
    ("guard",),
    ("page", "widget"),
    ("api",),
    ("server",),
)
STEP = {wing: step for step, wings in enumerate(LADDER) for wing in wings} | {"__init__": -1}
WEB_STEP = {room: step for step, rooms in enumerate(WEB_LADDER) for room in rooms}
DOORS = {
    "faiss": ("qa/search/vectors.py",),
    "tantivy": ("qa/search/lexicon.py",),
    "sentence_transformers": ("qa/search/embeddings.py", "training/"),
    "gradio": ("qa/web/page/",),
    "torch": ("training/",),
    "langdetect": ("qa/language.py",),
    "lxml": ("qa/ingest/html.py", "qa/ingest/archive.py", "qa/crawl/page.py", "qa/crawl/sitemaps.py"),
    "httpcore": ("qa/crawl/network.py", "qa/crawl/fetch.py"),
    "protego": ("qa/crawl/robots.py",),
    "openpyxl": ("qa/ingest/xlsx.py",),
    "pypdf": ("qa/ingest/pdf.py",),
    "markdown_it": ("qa/ingest/markdown.py",),
}
MODULES = sorted((PROJECT_DIR / "qa").rglob("*.py"))
EVERYWHERE = [*MODULES, *sorted((PROJECT_DIR / "training").rglob("*.py")), *PROJECT_DIR.glob("*.py")]


def name_of(file: Path) -> str:
    return file.relative_to(PROJECT_DIR).as_posix()


def imported(source: str) -> Iterator[str]:
    """Dotted names of the modules that a source imports, wherever in it; relative imports keep their dots."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            if module in ("qa", "qa.web"):
                yield from (f"{module}.{alias.name}" for alias in node.names if alias.name != "__version__")


def points_down(here: tuple[str, ...], there: tuple[str, ...]) -> bool:
    """Whether a module (its dotted name in parts) may import another: of its own room, or of one further down."""
    steps = STEP
    if here[:2] == there[:2] == ("qa", "web"):
        here, there, steps = here[1:], there[1:], WEB_STEP
    own, other = ([*parts, "__init__"][1] for parts in (here, there))
    return other in steps and (other == own or steps[other] < steps[own])


def faults(file_name: str, source: str) -> list[str]:
    """Imports of a module of ``qa`` that point up, sideways, or are relative."""
    here = Path(file_name).with_suffix("").parts
    found = []
    for module in imported(source):
        if module.startswith("."):
            found.append(f"{file_name} imports {module}: write the whole name")
        elif module.split(".")[0] == "qa" and not points_down(here, tuple(module.split("."))):
            found.append(f"{file_name} imports {module}")
    return found


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_every_import_points_down_the_ladder(file: Path) -> None:
    assert Path(name_of(file)).with_suffix("").parts[1] in STEP, "a new wing: give it a place in LADDER"
    assert faults(name_of(file), file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("file_name", "source"),
    [
        ("qa/text.py", "from qa.language import detect_document"),
        ("qa/search/store.py", "from qa.answer.reader import Reader"),
        ("qa/ingest/html.py", "import qa.search.store"),
        ("qa/answer/reader.py", "def late():\n    from qa.ingest.layout import Part"),
        ("qa/assistant.py", "from qa import cli"),
        ("qa/records.py", "from .errors import QAError"),
        ("qa/language.py", "from qa.attic import anything"),
        ("qa/web/asking/service.py", "from qa.web.drawing.render import answer"),
        ("qa/web/widget/embed.py", "from qa.web.page.panels import welcome"),
        ("qa/web/guard/limits.py", "from qa.web.api.models import Ask"),
        ("qa/web/asking/journal.py", "from qa.web import server"),
        ("qa/web/messages.py", "from qa.web.cellar import anything"),
    ],
)
def test_an_arrow_that_points_up_or_sideways_is_seen(file_name: str, source: str) -> None:
    assert len(faults(file_name, source)) == 1


def test_an_arrow_that_points_down_is_allowed() -> None:
    source = (
        "import numpy\nfrom qa import records\nfrom qa.errors import QAError\nfrom qa.search.embeddings import Encoder"
    )
    assert faults("qa/search/store.py", source) == []


@pytest.mark.parametrize("library", DOORS)
def test_a_library_comes_in_by_its_own_door(library: str) -> None:
    users = [name_of(f) for f in EVERYWHERE if library in {m.split(".")[0] for m in imported(f.read_text("utf-8"))}]
    assert users, f"{library} is imported nowhere: take it off the list"
    assert [name for name in users if not name.startswith(DOORS[library])] == []


def test_the_ladders_leave_out_no_room() -> None:
    modules = [Path(name_of(file)).with_suffix("").parts for file in MODULES]
    assert {parts[1] for parts in modules} == set(STEP)
    assert {parts[2] for parts in modules if parts[1] == "web"} == set(WEB_STEP)
