"""``/widget``: the tag to copy, with every option tried out live, and what must be allowed for it to work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qa.markup import safe
from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.drawing import shell
from qa.web.messages import Catalogue, catalogue

EXAMPLE_SITE = "https://www.example.org"
OPTIONS = (
    "language", "position", "accent", "theme", "label", "greeting", "topic", "z-index", "open", "hidden", "keep",
)  # fmt: skip
"""The options of the tag, each the end of a ``data-`` attribute."""


def page(service: str, words: Catalogue) -> shell.Page:
    """The page, for a service at the address ``service`` (with a slash at its end)."""
    title, lead = words("configure_title"), words("configure_lead")
    body = f'<p class="lead">{safe(lead)}</p>{_form(words)}{_preview(words)}{_to_copy(service, words)}'
    return shell.Page("widget", title, lead, body, ("configure.css",), ("configure.js",))


def draw_preview(options: Mapping[str, str], words: Catalogue, settings: Settings) -> str:
    """A page such as the tag may stand on; only the widget's own options become attributes."""
    chosen = {name: options[name] for name in OPTIONS if options.get(name)}
    attributes = "".join(f' data-{name}="{safe(value)}"' for name, value in chosen.items())
    mock = shell.Page("preview", words("configure_preview"), words("configure_preview_text"), "", ("configure.css",))
    return (
        f"{shell.head(mock, words, settings, '../')}"
        f'<body class="mock"><main><h1>{safe(words("configure_preview_text"))}</h1>'
        f'{"<p></p>" * 6}</main><script src="../widget.js"{attributes} async></script></body></html>'
    )


def _form(words: Catalogue) -> str:
    languages = [(code, catalogue(code)("native_name")) for code in INTERFACE_LANGUAGES]
    topics = [(topic, words(f"topic_{topic}")) for topic in words.examples()]
    themes = [(theme, words(f"configure_theme_{theme}")) for theme in ("light", "dark")]
    fields = (
        _text("site", words("configure_site"), "url", EXAMPLE_SITE),
        _choice("language", words("configure_language"), [("", words("configure_language_page")), *languages]),
        _choice("position", words("configure_position"), _positions(words)),
        _choice("theme", words("configure_theme"), [("", words("configure_theme_auto")), *themes]),
        _text("label", words("configure_label"), "text", words("widget_launch")),
        _text("greeting", words("configure_greeting"), "text", words("welcome_title")),
        _choice("topic", words("configure_topic"), [("", words("configure_topic_all")), *topics]),
        _text("z-index", words("configure_z_index"), "number", "2147483647"),
        f'<label>{safe(words("configure_accent"))}<input type="color" name="accent" value="#1f5aa6"></label>',
    )
    ticks = "".join(
        f'<label class="tick"><input type="checkbox" name="{name}" value="{value}">'
        f"<span>{safe(words(f'configure_{name}'))}</span></label>"
        for name, value in (("open", "true"), ("hidden", "true"), ("keep", "session"))
    )
    used = safe(str(words.words["configure_accent_used"]))
    return (
        f'<form id="options" data-used="{used}"><h2>{safe(words("configure_options"))}</h2>'
        f'<div class="fields">{"".join(fields)}</div><p id="used" class="quiet" role="status"></p>{ticks}</form>'
    )


def _positions(words: Catalogue) -> list[tuple[str, str]]:
    return [("", words("configure_right")), ("bottom-left", words("configure_left"))]


def _text(name: str, label: str, kind: str, hint: str) -> str:
    return f'<label>{safe(label)}<input type="{kind}" name="{name}" placeholder="{safe(hint)}"></label>'


def _choice(name: str, label: str, choices: Iterable[tuple[str, str]]) -> str:
    options = "".join(f'<option value="{value}">{safe(text)}</option>' for value, text in choices)
    return f'<label>{safe(label)}<select name="{name}">{options}</select></label>'


def _preview(words: Catalogue) -> str:
    title = safe(words("configure_preview"))
    address = f"widget/preview?lang={words.language}"
    return f'<h2>{title}</h2><iframe id="preview" src="{address}" title="{title}"></iframe>'


def _to_copy(service: str, words: Catalogue) -> str:
    """The three texts, as they are without any option chosen."""
    origin = "/".join(service.split("/")[:3])
    parts = (
        ("tag", f'<script src="{service}widget.js" async></script>'),
        ("allow", f"KYSY_ALLOWED_ORIGINS={EXAMPLE_SITE}"),
        ("policy", f"script-src {origin}; frame-src {origin}"),
    )
    return "".join(_copied(name, text, words) for name, text in parts)


def _copied(name: str, text: str, words: Catalogue) -> str:
    title = safe(words(f"configure_{name}"))
    return (
        f'<section><h2 id="{name}-title">{title}</h2><p>{safe(words(f"configure_{name}_hint"))}</p>'
        f'<pre tabindex="0" role="region" aria-labelledby="{name}-title"><code id="{name}">{safe(text)}</code></pre>'
        f'<button type="button" class="button plain" data-copies="{name}" data-copied="{safe(words("copied"))}"'
        f' aria-describedby="{name}-title">{safe(words("copy"))}</button></section>'
    )
