"""Bytes → text, whatever they were saved in.

Tried in this order: a byte order mark, UTF-8, zero bytes that betray UTF-16, the charset that the page or its server
declares, and last whichever encoding gives letters that one language uses. (charset-normalizer, tried on short texts in
our languages, took Danish and Icelandic for Central European, and Estonian for Mac Roman.)
"""

from __future__ import annotations

import codecs
import re

from qa.errors import DocumentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# As browsers do: what calls itself Latin-1 or ASCII is windows-1252.
_CALLED_LATIN_1 = frozenset(("iso8859-1", "ascii", "latin-1"))
_IN_HEAD = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_IN_DECLARATION = re.compile(rb"""^\s{0,99}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})""")
_HEAD_BYTES = 4_096
# In this order when two give a text as good.
_GUESSES = ("cp1252", "iso8859_15", "cp1257", "cp1250", "iso8859_13", "iso8859_2", "cp850", "cp865", "mac_roman")
_LETTERS = [
    frozenset(letters)
    for letters in (
        "åäöéüæø",  # Finnish, Swedish
        "æøåéèêòóôäöü",  # Norwegian, Danish
        "äöüßéàè",
        "àâæçéèêëîïôœùûüÿ",
        "äöõüšžå",  # Estonian
        "áðéíóúýþæö",  # Icelandic
        "éëïóöüèêáç",
        "áéíñóúü",
        "àèéìíîòóùú",
        "ąćęłńóśźż",
        "ąčęėįšųūž",
        "āčēģīķļņšūž",
        "áčďéěíňóřšťúůýžäĺľôŕ",
        "áéíóöőúüű",
    )
]
_SIGNS = frozenset("“”„‘’‚–—…•·€§°«»©®²³½¼¾×\u00a0\u00ad´¿¡£")
_SAMPLE_BYTES = 1_000_000
_SAMPLE_SIGNS = 2_000


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of a file; ``declared`` is the charset that its server named. Raises DocumentError for what is no text.

    >>> decode("Køge på svenska".encode("cp1252")), decode("Žemė".encode("cp1257"), "windows-1257")
    ('Køge på svenska', 'Žemė')
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace")
    if b"\x00" in data:
        return _decode_wide(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut_off = error.reason == "unexpected end of data" and not data[: error.start].isascii()
        if is_cut_off:  # within its last letter
            return data.decode("utf-8", "replace")
    for charset in (declared, _declared_within(data)):
        text = _decoded(data, charset)
        if text is not None:
            return text
    return _guessed(data)


def _decode_wide(data: bytes) -> str:
    """UTF-16 without a byte order mark: every second byte of Latin text is zero."""
    even, odd = data[0:2_000:2], data[1:2_000:2]
    for codec, zeros, letters in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros.count(0) > 0.7 * len(zeros) and letters and 0 not in letters:
            return data.decode(codec, "replace")
    raise DocumentError("is not text (it holds zero bytes): save it as UTF-8")


def _declared_within(data: bytes) -> str | None:
    head = data[:_HEAD_BYTES]
    found = _IN_DECLARATION.search(head) or _IN_HEAD.search(head)
    return found[1].decode("ascii") if found else None


def _decoded(data: bytes, charset: str | None) -> str | None:
    """None when there is no such charset, or the data isn't written in it."""
    try:
        codec = codecs.lookup(charset or "").name
        if codec in _CALLED_LATIN_1:
            codec = "cp1252"
        # A page that calls itself UTF-8 or UTF-16 and isn't must be guessed at.
        return None if codec.startswith("utf") else data.decode(codec)
    except (LookupError, UnicodeError):
        return None


def _guessed(data: bytes) -> str:
    """The text in the encoding that makes it look most like one of the languages of Europe."""
    sample = bytes(byte for byte in data[:_SAMPLE_BYTES] if byte >= 0x80)[:_SAMPLE_SIGNS]
    return data.decode(max(_GUESSES, key=lambda codec: _likeness(sample.decode(codec, "replace"))), "replace")


def _likeness(text: str) -> float:
    """How much of a text that has only letters beyond ASCII, and signs, is written in one language; 0 to 1."""
    letters = [sign for sign in text.lower() if sign not in _SIGNS]
    return max((sum(sign in alphabet for sign in letters) + 1) / (len(letters) + 1) for alphabet in _LETTERS)
