"""Office files as what they are: ZIP archives of XML. Nothing is unpacked to disk, and nothing beyond measure.

Archives within an archive aren't opened, macros and embedded objects aren't looked at. XML that declares a document
type is refused, since only hostile office files do: no entity is ever resolved and nothing is fetched.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from lxml import etree

from qa.errors import DocumentError

_MAX_MEMBERS = 20_000
_MAX_MEMBER_BYTES = 200_000_000
_MAX_TOTAL_BYTES = 500_000_000
_MAX_RATIO = 300
_ALWAYS_FINE_BYTES = 5_000_000
_HEAD_BYTES = 4_096
_MACROS = re.compile(r"(?:word|xl)/(?:vbaProject\.bin|macrosheets/)|(?:Basic|Scripts)/.*\w$", re.IGNORECASE)
_DAMAGED = "is damaged: open it in the program that made it and save it anew"


@dataclass(slots=True)
class Archive:
    """The members of an archive, checked before they are unpacked."""

    data: bytes
    opened: zipfile.ZipFile = field(init=False)

    def __post_init__(self) -> None:
        try:
            self.opened = zipfile.ZipFile(BytesIO(self.data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            raise DocumentError(_DAMAGED) from None
        members = self.opened.infolist()
        total = sum(member.file_size for member in members)
        if len(members) > _MAX_MEMBERS or total > _MAX_TOTAL_BYTES:
            raise DocumentError(
                f"would unpack to {total / 1e6:,.0f} MB in {len(members):,} parts, "
                "as only a ZIP bomb does: it isn't opened"
            )
        for member in members:
            _check_size(member)

    def __contains__(self, name: str) -> bool:
        return name in self.opened.NameToInfo

    def member(self, name: str) -> bytes:
        """The bytes of a member. Raises DocumentError when it is missing, damaged or encrypted."""
        try:
            # Reading never gives more than the size that was declared, which has been checked.
            return self.opened.read(name)
        except KeyError:
            raise DocumentError(f"is damaged ({name} is missing): save it anew") from None
        except RuntimeError:
            raise DocumentError("is encrypted: save it without a password") from None
        except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zlib.error):
            raise DocumentError(_DAMAGED) from None

    def xml(self, name: str) -> Any:
        """The root element of a member. Raises DocumentError for XML that is broken, too deep or hostile."""
        return parse_xml(self.member(name))

    def xml_if_there(self, name: str) -> Any | None:
        """None for a member that the archive lacks."""
        return self.xml(name) if name in self else None

    @property
    def remark(self) -> str | None:
        """What of the archive is left out because it could be run."""
        has_macros = any(_MACROS.match(name) for name in self.opened.NameToInfo)
        return "holds macros: they were left out" if has_macros else None

    def check_everything(self) -> None:
        """Looks for document types in all XML, before another library parses it."""
        for name in self.opened.namelist():
            if name.lower().endswith((".xml", ".rels")):
                _refuse_document_type(self.member(name)[:_HEAD_BYTES])


def _check_size(member: zipfile.ZipInfo) -> None:
    is_bomb = member.file_size > max(_ALWAYS_FINE_BYTES, _MAX_RATIO * member.compress_size)
    if is_bomb or member.file_size > _MAX_MEMBER_BYTES:
        times = member.file_size / max(1, member.compress_size)
        raise DocumentError(
            f"has a part that unpacks to {member.file_size / 1e6:,.0f} MB, {times:,.0f} times its size, "
            "as only a ZIP bomb does: it isn't opened"
        )


def parse_xml(data: bytes) -> Any:
    """The root element of XML that comes from outside."""
    _refuse_document_type(data[:_HEAD_BYTES])
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error).lower():
            raise DocumentError(
                "has XML nested more than 256 deep, as only a hostile file has: it isn't read"
            ) from None
        raise DocumentError(_DAMAGED) from None
    if root.getroottree().docinfo.doctype:
        _refuse_document_type(b"<!DOCTYPE")
    return root


def _refuse_document_type(head: bytes) -> None:
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise DocumentError("declares XML entities, as only a hostile file does: it isn't read")
