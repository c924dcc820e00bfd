"""The documents can't rot: what they show runs, and what is generated is up to date."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from docs.generate import DOCS_DIR, PAGES
from qa.cli import build_parser
from qa.settings import PROJECT_DIR, Settings

README = (PROJECT_DIR / "README.md").read_text("utf-8")


def snippets(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_readme_is_short() -> None:
    assert len(README.split()) < 500


def test_python_snippet_answers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KYSY_INDEX_DIR", str(settings.index_dir))
    [snippet] = snippets("python")
    exec(snippet, {})
    assert "Arja Puukko" in capsys.readouterr().out


def test_every_qa_command_of_the_readme_parses() -> None:
    lines = [line for block in snippets("sh") for line in block.splitlines() if line.startswith("qa ")]
    assert len(lines) >= 4
    for line in lines:
        build_parser().parse_args(shlex.split(line, comments=True)[1:])


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="argparse words its help differently in other versions")
@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_current(name: str) -> None:
    assert (DOCS_DIR / name).read_text("utf-8") == PAGES[name](), "run `make docs`"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    table = (DOCS_DIR / "architecture.md").read_text("utf-8").split("## Dependencies")[1]
    names = [re.match(r"[\w-]+", requirement)[0] for requirement in project["dependencies"]]  # type: ignore[index]
    assert [name for name in names if name not in table] == []


def test_links_in_the_documents_lead_somewhere() -> None:
    pages = [PROJECT_DIR / "README.md", PROJECT_DIR / "CONTRIBUTING.md", *DOCS_DIR.glob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / Path(target)).exists()
    ]
    assert broken == []
