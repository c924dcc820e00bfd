"""Every fault a person can cause or mend, as one tree.

::

    QAError                 one clear line: the value, what was expected, what to do next
    ├── SettingsError       a setting has a value that can't be used
    ├── QuestionError       a question or language code can't be answered as given
    ├── CorpusError         a corpus folder can't be read at all
    │   └── DocumentError   one file in it can't (skipped and named; the rest is indexed)
    ├── ModelError          the embedding model can't be loaded
    ├── IndexFault          an index can't be used as it stands
    │   ├── IndexMissing    there is none yet
    │   ├── IndexDamaged    a file of it is missing or altered
    │   └── IndexMismatch   it was built with another model or other settings
    ├── QuestionSetError    a question set can't be read
    ├── CrawlError          a site can't be crawled as asked
    │   ├── AddressRefused  one address must not be fetched
    │   └── FetchFailed     one address could not be fetched
    └── ServerError         the service can't start (the port is taken, say)

The command line prints the message and exits with code 2. Anything outside the tree is a defect of
Kysy and shows its traceback.
"""

from __future__ import annotations


class QAError(Exception):
    """A known fault; ``str(error)`` is the one line that a person reads."""


class SettingsError(QAError):
    """A setting has a value that can't be used."""


class QuestionError(QAError):
    """A question, or the language asked for, can't be taken as given."""


class CorpusError(QAError):
    """A corpus folder can't be read, or holds nothing that can be indexed."""


class DocumentError(CorpusError):
    """One document can't be read; the others can."""


class ModelError(QAError):
    """The embedding model can't be loaded."""


class IndexFault(QAError):
    """An index can't be used as it stands."""


class IndexMissing(IndexFault):
    """There is no index in the folder."""


class IndexDamaged(IndexFault):
    """A file of the index is missing, truncated or altered."""


class IndexMismatch(IndexFault):
    """The index was built with another model or by another version."""


class QuestionSetError(QAError):
    """A question set can't be read."""


class CrawlError(QAError):
    """A site can't be crawled as asked."""


class AddressRefused(CrawlError):
    """An address that must not be fetched; the message says why and completes “the address …”."""


class FetchFailed(CrawlError):
    """An address that could not be fetched; ``is_temporary`` when it is worth another try, after ``wait_s`` if told."""

    def __init__(self, reason: str, *, is_temporary: bool = False, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.is_temporary = is_temporary
        self.wait_s = wait_s


class ServerError(QAError):
    """The service can't start."""
