"""A reader that does what it is told, none of it good: what the process around readers must survive."""

from __future__ import annotations

import os
import time

from qa.ingest.source import Page, SavedFile


def read(file: SavedFile) -> Page:
    if file.data == b"hang":
        time.sleep(600)
    if file.data == b"eat":
        bytearray(10**10)
    if file.data == b"die":
        os._exit(1)
    if file.data == b"recurse":
        return read(file)
    raise ZeroDivisionError
