"""Safe access to the zip archives and XML parts of office files and books."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cica_qa.documents.reading import Limits
from cica_qa.documents.unreadable import DamagedFileError, EncryptedFileError, LargeFileError

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_FILES = 20_000
_MAX_RATIO = 1_000  # unpacked to packed size; DEFLATE cannot exceed 1,032
_SMALL = 10_000_000
RELATIONSHIPS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


class Package:
    """The parts of an archive by name.

    Raises ``UnreadableError`` for damaged, encrypted or oversized archives.
    """

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise DamagedFileError(
                f"{name} is damaged: its archive cannot be opened ({error}). "
                "Save it again with the program that made it."
            ) from error
        self._name = name
        self._infos = {info.filename: info for info in self._zip.infolist()}
        size = sum(info.file_size for info in self._infos.values())
        bombs = [
            info
            for info in self._infos.values()
            if info.file_size > _SMALL and info.file_size > _MAX_RATIO * info.compress_size
        ]
        if size > limits.unpacked_bytes or len(self._infos) > _MAX_FILES or bombs:
            raise LargeFileError(
                f"{name} unpacks to {size / 1e6:,.0f} MB in {len(self._infos):,} files; "
                f"{limits.unpacked_bytes / 1e6:,.0f} MB are read at most. Split it into parts."
            )
        if any(info.flag_bits & 1 for info in self._infos.values()):
            raise EncryptedFileError(encrypted_message(name))

    def __contains__(self, part: object) -> bool:
        return part in self._infos

    def names(self) -> list[str]:
        """Return the names of all parts, in the order of the archive."""
        return list(self._infos)

    def bytes_of(self, part: str) -> bytes:
        """Return a part. Raises ``UnreadableError`` if it is missing, damaged or too large."""
        info = self._infos.get(part)
        if info is None:
            raise DamagedFileError(
                f"{self._name} is not whole: it lacks {part!r}. "
                "Save it again with the program that made it."
            )
        try:
            with self._zip.open(info) as stream:
                data = stream.read(info.file_size + 1)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
            raise self._damaged(part, error) from error
        if len(data) > info.file_size:  # the archive's directory understates it
            raise self._damaged(part, "larger than it says")
        return data

    def xml(self, part: str) -> _Element:
        """Return the root of an XML part. Entities are not resolved, and nothing is fetched."""
        from lxml.etree import XMLSyntaxError

        try:
            return parse_xml(self.bytes_of(part))
        except XMLSyntaxError as error:
            raise self._damaged(part, error) from error

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the internal relationships of an Office part.

        The result maps an id to the last word of the relationship's type and the target part.
        """
        folder, file = posixpath.split(part)
        table = posixpath.join(folder, "_rels", f"{file}.rels")
        if table not in self:
            return {}
        found = {}
        for relation in self.xml(table):
            if relation.get("TargetMode") == "External" or not relation.get("Id"):
                continue
            target = posixpath.join("/", folder, unquote(relation.get("Target", "")))
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            found[relation.get("Id", "")] = (kind, posixpath.normpath(target).lstrip("/"))
        return found

    def properties(self) -> dict[str, str]:
        """Return title, author and dates from ``docProps/core.xml`` of an Office file."""
        return core_properties(self.xml(_CORE)) if _CORE in self else {}

    def _damaged(self, part: str, error: object) -> DamagedFileError:
        return DamagedFileError(
            f"{self._name} is damaged: {part!r} cannot be read ({error}). "
            "Save it again with the program that made it."
        )


_CORE = "docProps/core.xml"
_PROPERTIES = {
    "title": "title",
    "creator": "author",
    "initial-creator": "author",
    "created": "created",
    "creation-date": "created",
    "modified": "modified",
    "date": "modified",
    "subject": "subject",
    "keywords": "keywords",
}


def core_properties(root: _Element) -> dict[str, str]:
    """Return the Dublin Core properties of a file under this project's metadata names."""
    found: dict[str, str] = {}
    for element in root.iter("{*}*"):
        name = _PROPERTIES.get(local_name(element))
        value = (element.text or "").strip()
        if name and value:
            found.setdefault(name, value)
    return found


def parse_xml(data: bytes) -> _Element:
    """Return the root of an XML document. Raises ``lxml.etree.XMLSyntaxError``."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    return etree.fromstring(data, parser)


def local_name(element: _Element) -> str:
    """Return the name of an element without its namespace; "" for an entity or a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def get_attribute(element: _Element | None, name: str) -> str:
    """Return the value of an attribute in any namespace; "" if there is none."""
    if element is None:
        return ""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""


def encrypted_message(name: str) -> str:
    """Return the error message for a file that needs a password."""
    return f"{name} is encrypted. Save it without a password to index it."
