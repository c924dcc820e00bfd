"""The shell of our own light pages: what stands around their content, in the visitor's language.

No script and no style stands in the page itself, so a strict content security policy holds; no Gradio either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from qa.markup import safe
from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.drawing import logo
from qa.web.drawing.assets import address
from qa.web.messages import Catalogue, catalogue, choose_language

STYLES = ("tokens.css", "shell.css")
FOOT: tuple[tuple[str, str], ...] = (
    ("documents", "about_button"),
    ("about", "about_link"),
    ("accessibility", "accessibility_link"),
)
"""Path and message key of the pages that every page links to at its foot."""


@dataclass(frozen=True)
class Page:
    """What one page adds to the shell. ``body`` is HTML that is safe already; ``path`` is its own, without slash.

    ``styles`` and ``scripts`` are names in ``assets.NAMES``; the styles are loaded after ``base``, the shell's own.
    ``theme`` (light or dark) overrules what the visitor's system prefers.
    """

    path: str
    title: str
    description: str
    body: str
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    base: tuple[str, ...] = STYLES
    theme: str = ""


def words_for(request: Request) -> Catalogue:
    """The words in the language that the address (``?lang=fi``) or else the browser asks for."""
    return catalogue(choose_language(request.query_params.get("lang"), request.headers.get("accept-language")))


def respond(page: Page, words: Catalogue, settings: Settings, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """The page as it is sent; it depends on the visitor's language, so caches must ask again."""
    told = {"Content-Language": words.language, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    return HTMLResponse(draw(page, words, settings), headers={**told, **(headers or {})})


def draw(page: Page, words: Catalogue, settings: Settings) -> str:
    """The whole page as HTML."""
    return (
        f'{head(page, words, settings)}<body><a class="skip" href="#content">{safe(words("skip"))}</a>'
        f'<header class="top"><a class="brand" href="./?lang={words.language}">{logo.image(settings)}'
        f"<strong>{safe(settings.name)}</strong></a>{_languages(page, words)}</header>"
        f'<main id="content" tabindex="-1"><h1>{safe(page.title)}</h1>{page.body}</main>'
        f'<footer class="foot">{_foot(page, words)}</footer></body></html>'
    )


def head(page: Page, words: Catalogue, settings: Settings, up: str = "", extra: str = "") -> str:
    """Everything in front of the body, shared with pages that draw their body otherwise.

    ``up`` leads from the page to the service's root: "../" for a page one step down.
    ``extra`` is HTML for the end of the head.
    """
    styles = "".join(f'<link rel="stylesheet" href="{up}{address(name)}">' for name in (*page.base, *page.styles))
    scripts = "".join(f'<script type="module" src="{up}{address(name)}"></script>' for name in page.scripts)
    versions = "".join(
        f'<link rel="alternate" hreflang="{code}" href="{page.path}?lang={code}">' for code in INTERFACE_LANGUAGES
    )
    theme = f' data-theme="{safe(page.theme)}"' if page.theme else ""
    return (
        f'<!doctype html><html lang="{words.language}"{theme}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{safe(page.title)} – {safe(settings.name)}</title>"
        f'<meta name="description" content="{safe(page.description)}">'
        f'<link rel="icon" type="image/svg+xml" href="{up}{address("favicon.svg")}">'
        f"{versions}{styles}{scripts}{extra}</head>"
    )


def language_options(words: Catalogue) -> str:
    """The languages, each under its own name, for a menu."""
    return "".join(
        f'<option value="{code}" lang="{code}"{" selected" if code == words.language else ""}>'
        f"{safe(catalogue(code)('native_name'))}</option>"
        for code in INTERFACE_LANGUAGES
    )


def _languages(page: Page, words: Catalogue) -> str:
    links = "".join(
        _link(f"{page.path}?lang={code}", catalogue(code)("native_name"), code == words.language, code)
        for code in INTERFACE_LANGUAGES
    )
    return f'<nav class="languages" aria-label="{safe(words("language_label"))}"><ul>{links}</ul></nav>'


def _foot(page: Page, words: Catalogue) -> str:
    places = (("", "ask_here"), *FOOT)
    links = "".join(_link(f"./{path}?lang={words.language}", words(key), path == page.path) for path, key in places)
    return f'<nav aria-label="{safe(words("more_pages"))}"><ul>{links}</ul></nav>'


def _link(href: str, text: str, is_here: bool, language: str | None = None) -> str:
    spoken = f' lang="{language}" hreflang="{language}"' if language else ""
    here = ' aria-current="true"' if is_here else ""
    return f'<li><a href="{href}"{spoken}{here}>{safe(text)}</a></li>'
