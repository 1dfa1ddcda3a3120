"""The layout of an index on disk: generations, and a pointer file that names the current one.

::

    index/
      CURRENT                  the pointer: the generation's name, its manifest's checksum
      build.lock               held by the build in progress; only one at a time
      merge.lock               held by the merge in progress; one may run beside a build
      generations/<name>/      manifest.json, and the segment it added, if any

A generation is a list of segments, its own and those of earlier generations, with the order of
their documents (``index/layout.py``). It is written completely and flushed to disk before
``CURRENT``, which is replaced atomically, names it. Readers see either the old or the new one, and
a killed build changes nothing. A segment is kept as long as a generation in use lists it. This
module opens and checks generations; ``index/publish.py`` writes them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cica_qa.errors import IndexDamagedError, IndexMissingError
from cica_qa.index.checksums import Check, file_fault
from cica_qa.index.manifest import FORMAT_VERSION, Manifest
from cica_qa.index.problems import damaged, other_format, rebuild_command

POINTER, GENERATIONS, MANIFEST, SEGMENT = "CURRENT", "generations", "manifest.json", "segment"
GENERATION_NAME = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")
"""The name of a generation's folder; folders with other names are never removed."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation whose segments match its manifest."""

    name: str
    folder: Path
    manifest: Manifest

    @property
    def segments(self) -> list[tuple[Path, str]]:
        """The file of each segment, with its SHA-256."""
        beside = self.folder.parent
        listed = self.manifest.segments
        return [(_file_of(beside, one), str(one["file"]["sha256"])) for one in listed]


def pointer_signature(index_dir: Path) -> tuple[int, int] | None:
    """Return a cheap value that changes whenever a generation is published."""
    try:
        status = (index_dir / POINTER).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def open_generation(index_dir: Path, check: Check = "samples") -> Generation:
    """Open the published generation and check its files against its manifest.

    Raises ``IndexMissingError``, ``IndexDamagedError`` or ``IndexVersionError``.
    """
    return read_generation(index_dir, lambda generation: generation, check)


def read_generation(
    index_dir: Path, read: Callable[[Generation], T], check: Check = "samples"
) -> T:
    """Check the published generation and return ``read`` of it.

    Raises what ``open_generation`` and ``read`` raise.
    """
    while True:
        name, checksum = _read_pointer(index_dir)
        try:
            return read(_checked(index_dir, name, checksum, check))
        except IndexDamagedError:
            # A build may have published another generation and removed this one meanwhile.
            if _read_pointer(index_dir)[0] == name:
                raise


def network_documents(index_dir: Path) -> Sequence[str]:
    """Return the ids of documents added over the network, even if the index is damaged."""
    try:
        folder = index_dir / GENERATIONS / _read_pointer(index_dir)[0]
        found = json.loads((folder / MANIFEST).read_bytes()).get("network", ())
    except (IndexMissingError, IndexDamagedError, OSError, ValueError, AttributeError):
        return ()
    return found if isinstance(found, list) else ()


def published_name(index_dir: Path) -> str | None:
    """Return the name of the published generation, or None if there is none."""
    try:
        return _read_pointer(index_dir)[0]
    except (IndexMissingError, IndexDamagedError):
        return None


def _read_pointer(index_dir: Path) -> tuple[str, str]:
    try:
        pointer = json.loads((index_dir / POINTER).read_bytes())
        name, checksum = pointer["generation"], pointer["manifest_sha256"]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissingError(
            f"there is no index in {index_dir}. Make one: {rebuild_command(index_dir)}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(index_dir, f"its pointer cannot be read ({error})") from error
    if (
        not isinstance(name, str)
        or not GENERATION_NAME.fullmatch(name)
        or not isinstance(checksum, str)
    ):
        raise damaged(index_dir, "its pointer names no generation")
    return name, checksum


def read_manifest_table(index_dir: Path, name: str = "", checksum: str = "") -> tuple[Path, Any]:
    """Return the folder of the published generation and its manifest, of any format version.

    ``name`` and ``checksum`` are the pointer's, if it has already been read. Raises
    ``IndexMissingError`` or ``IndexDamagedError``.
    """
    if not name:
        name, checksum = _read_pointer(index_dir)
    folder = index_dir / GENERATIONS / name
    try:
        data = (folder / MANIFEST).read_bytes()
        table = json.loads(data)
        version = int(table["format_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(index_dir, f"its manifest cannot be read ({error})") from error
    if version <= FORMAT_VERSION and manifest_checksum(data) != checksum:
        raise damaged(index_dir, "its manifest has been changed")
    return folder, table


def _checked(index_dir: Path, name: str, checksum: str, check: Check) -> Generation:
    folder, table = read_manifest_table(index_dir, name, checksum)
    if table["format_version"] != FORMAT_VERSION:
        raise other_format(index_dir, int(table["format_version"]), table.get("package_version"))
    try:
        manifest = Manifest(**table)
        listed = manifest.segments
        faults = (file_fault(_file_of(folder.parent, one), one["file"], check) for one in listed)
        wrong = next(filter(None, faults), None)
    except (TypeError, AttributeError, KeyError) as error:
        raise damaged(index_dir, f"its manifest is not complete ({error})") from error
    if wrong:
        raise damaged(index_dir, wrong)
    return Generation(name, folder, manifest)


def folders_of(generation: Path) -> list[str]:
    """Return the names of the folders that hold the segments of a generation."""
    try:
        listed = json.loads((generation / MANIFEST).read_bytes()).get("segments", ())
        return [one["folder"] for one in listed]
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return []  # damaged, or of an older format, which needs only its own folder


def _file_of(beside: Path, segment: Mapping[str, Any]) -> Path:
    """Return the path of a segment's file. Raises ``TypeError`` for an invalid folder name."""
    folder = str(segment["folder"])
    if not GENERATION_NAME.fullmatch(folder):
        raise TypeError(f"{folder!r} is no generation")
    return beside / folder / SEGMENT


def manifest_checksum(data: bytes) -> str:
    """Return the SHA-256 of a manifest, which the pointer records."""
    return hashlib.sha256(data).hexdigest()
