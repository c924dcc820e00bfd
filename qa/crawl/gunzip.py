"""Unpacking what came compressed, a piece at a time and never beyond a limit."""

from __future__ import annotations

import zlib

from qa.errors import FetchFailed

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class Gunzip:
    """One compressed stream, of one or more members; unpacks to at most ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._room = max_bytes
        self._member = zlib.decompressobj(_GZIP_OR_ZLIB)

    def feed(self, data: bytes) -> bytes:
        """The next stretch, unpacked. Raises FetchFailed when it is damaged or too much."""
        pieces = []
        while data:
            try:
                piece = self._member.decompress(data, self._room + 1)
            except zlib.error:
                raise FetchFailed("is damaged: it can't be unpacked") from None
            self._room -= len(piece)
            if self._room < 0:
                raise FetchFailed("is too large unpacked")
            pieces.append(piece)
            data = self._member.unused_data or self._member.unconsumed_tail
            if self._member.eof and data:
                if not data.startswith(b"\x1f\x8b"):
                    break  # padding after the last member
                self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
        return b"".join(pieces)

    def finish(self) -> None:
        """Raises FetchFailed when the stream broke off."""
        if not self._member.eof:
            raise FetchFailed("broke off", is_temporary=True)


def gunzip(data: bytes, max_bytes: int) -> bytes:
    """A whole file, unpacked. Raises FetchFailed.

    >>> import gzip
    >>> gunzip(gzip.compress(b"CEMR") + gzip.compress(b" 1951"), 9)
    b'CEMR 1951'
    """
    stream = Gunzip(max_bytes)
    unpacked = stream.feed(data)
    stream.finish()
    return unpacked
