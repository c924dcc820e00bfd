"""Bytes → text, whatever they were saved in.

Tried in this order: a byte order mark, UTF-8, zero bytes that betray UTF-16, the charset that the page or its server
declares, windows-1252 when it gives a text such as our languages write, and last a guess from the letters.
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
# Signs that windows-1252 shows in the place of letters of other codes.
_MISREAD = re.compile(
    r"(?<=[^\W\d_])[¤¦¨´¸¼½¾¹³¿¡£¥±¶º\x80-\x9f…†‡‰‹›š-Ÿ](?=[^\W\d_])"
    r"|[¹³¿¡£¥±¶ºðþÐÞ](?=[a-z])|(?<=[a-z])[¹³¿¡£¥±¶ðþºæ]+(?=[a-z]|\b)|[\x80-\x9f]"
)
_LATIN_9 = re.compile(r"¤|(?<=[^\W\d_])[¦¨´¸¼½¾](?=[^\W\d_])|[¦¨´¸¼½](?=[a-z])")
_GUESSES = [
    "cp1252", "iso8859_15", "cp1257", "iso8859_13", "iso8859_4", "iso8859_10", "cp1250", "iso8859_2", "mac_roman",
    "cp850", "cp865", "cp775", "cp1251", "koi8_r", "iso8859_5", "cp1253", "iso8859_7", "cp1254",
]  # fmt: skip
_SAMPLE_BYTES = 50_000


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
        if error.reason == "unexpected end of data":  # cut off within a letter
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
    text = data.decode("cp1252", "replace")
    if not any(byte in data for byte in range(0x80, 0xA0)) and _LATIN_9.search(text):
        latin_9 = data.decode("iso8859_15")
        if not _MISREAD.search(latin_9):
            return latin_9
    if not _MISREAD.search(text):
        return text
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE_BYTES], cp_isolation=_GUESSES).best()
    return data.decode(best.encoding, "replace") if best else text
