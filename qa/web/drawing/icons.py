"""The mark and the few icons, as inline SVG in one colour (that of the text around them)."""

from __future__ import annotations

_LINE = (
    '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" fill="none" '
    'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{}</svg>'
)

MARK_PATH = (
    '<path fill="none" stroke="currentColor" stroke-width="3.4" stroke-linecap="round" '
    'stroke-linejoin="round" d="M9.6 22.9 5 24.6l1.5-5A11 11 0 1 1 16 24.2"/>'
    '<path fill="none" stroke="currentColor" stroke-width="3.4" stroke-linecap="round" '
    'd="M12.4 11a3.7 3.7 0 1 1 5.6 3.1c-1.300.8-2 1.4-2 2.6"/>'
)
MARK = f'<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">{MARK_PATH}</svg>'

INFORMATION = _LINE.format('<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 7.6v.1"/>')
LANGUAGE = _LINE.format(
    '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3.600 6 3.600 9s-.6 6-3.600 9'
    'c-3-3-3.600-6-3.600-9s.6-6 3.600-9"/>'
)
RESTART = _LINE.format('<path d="M12 5v14M5 12h14"/>')
COPY = _LINE.format('<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>')
DELETE = _LINE.format('<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13"/>')
CLOSE = _LINE.format('<path d="M6 6l12 12M18 6 6 18"/>')
OUTSIDE = _LINE.format('<path d="M14 4h6v6M20 4l-9 9M18 14v6H4V6h6"/>')
WARNING = _LINE.format('<path d="M12 4 2.500 20h19zM12 10v4.500M12 17.300v.1"/>')
SHARE = _LINE.format('<path d="M12 15V4M8 7.500 12 3.500l4 4M6 12H5v8h14v-8h-1"/>')
THUMB_UP = _LINE.format(
    '<path d="M7.500 10.500 11 4c1.500 0 2.500 1 2.200 2.600l-.6 3.400h4.900'
    'c1.200 0 2 1 1.800 2.200l-1 5.800c-.2 1-1 2-2.300 2H7.500zM7.500 10.500H4.500V20h3"/>'
)
THUMB_DOWN = THUMB_UP.replace('class="icon"', 'class="icon turned"')
