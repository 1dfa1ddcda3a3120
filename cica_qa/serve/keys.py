"""Keys: who may ask for what. Settings and file hold only their SHA-256: they give no key away."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from cica_qa.errors import SettingsError
from cica_qa.index.durable import replace_file

log = logging.getLogger(__name__)

PREFIX = "cq_"
_LINE = re.compile(
    r"(?P<name>[\w.-]{1,64}):"
    r"(?:(?P<scope>read|write)(?:@(?P<collections>[\w.+-]{1,2000}))?:)?"
    r"(?P<digest>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Key:
    """What is known of a key. It may always read; no ``collections`` are all."""

    name: str
    digest: str
    write: bool = False
    collections: tuple[str, ...] = ()

    @classmethod
    def read(cls, line: str) -> Self | None:
        """Read ``name:sha256``, ``name:read:sha256`` or ``name:write@law+news:sha256``."""
        found = _LINE.fullmatch(line)
        if not found:
            return None
        names = tuple(filter(None, (found["collections"] or "").split("+")))
        return cls(found["name"], found["digest"], found["scope"] == "write", names)

    @property
    def may(self) -> str:
        """What it may do, as in its line."""
        return "@".join(
            filter(None, ("write" if self.write else "read", "+".join(self.collections)))
        )

    @property
    def line(self) -> str:
        """Its line. Raises ``SettingsError`` for names that no line can hold."""
        line = f"{self.name}:{self.may}:{self.digest}"
        if Key.read(line) != self:
            raise SettingsError(
                f"{self.name!r} cannot name a key, or a collection cannot be called that; take "
                "up to 64 letters, digits, dots, _ and -"
            )
        return line


def new_key() -> str:
    """Return a new random key of 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(key: bytes) -> str:
    """Return what is kept of a key."""
    return sha256(key).hexdigest()


def read_keys(lines: Iterable[str], where: str) -> tuple[Key, ...]:
    """Read the lines of keys. Raises ``SettingsError``, which repeats no line."""
    keys = []
    for number, line in enumerate(lines, 1):
        key = Key.read(line)
        if not key:
            raise SettingsError(
                f"{where}: entry {number} is no line of the form NAME:SCOPE:SHA256; "
                "'cica-qa key NAME' makes a key and its line"
            )
        keys.append(key)
    return tuple(keys)


def keys_of_file(file: Path) -> tuple[Key, ...]:
    """Read a file of keys, none where there is no file. Raises ``SettingsError``."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the keys in {file}: {error}") from error
    return read_keys(filter(None, map(str.strip, lines)), f"the keys in {file}")


def write_keys(file: Path, keys: Sequence[Key]) -> None:
    """Replace the key file. Raises ``SettingsError``."""
    try:
        replace_file(file, "".join(f"{key.line}\n" for key in keys).encode())
    except OSError as error:
        reason = error.strerror or error
        raise SettingsError(f"cannot write the keys in {file}: {reason}") from error


class Keys:
    """The keys of the settings, and of a file that is read again whenever it changes.

    Two keys may have one name, so that a key can be changed. Where there has been a key, one is
    needed from then on, whatever becomes of the file.
    """

    def __init__(self, lines: Iterable[str], file: Path | None = None) -> None:
        """Read both. Raises ``SettingsError``."""
        self._set = read_keys(lines, "setting 'serve.keys'")
        self._file = file
        self._seen = _signature(file)
        self._known = (*self._set, *(keys_of_file(file) if file else ()))
        self._needed = bool(self._known)

    def __bool__(self) -> bool:
        """Whether a key is needed."""
        self._read_again()
        return self._needed

    def find(self, sent: bytes) -> Key | None:
        """Return a key. It takes the same time for every one, known or not."""
        self._read_again()
        digest, found = digest_of(sent), None
        for key in self._known:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def _read_again(self) -> None:
        signature = _signature(self._file)
        if self._file is None or signature in (
            self._seen,
            None,
        ):  # a file that is gone says nothing
            return
        self._seen = signature
        try:
            self._known = (*self._set, *keys_of_file(self._file))
        except SettingsError as error:
            log.error("%s; the keys before are still in use", error)
            return
        self._needed = self._needed or bool(self._known)
        log.info("the keys were read again: %d", len(self._known))


def _signature(file: Path | None) -> tuple[int, ...] | None:
    try:
        told = file and file.stat()
    except OSError:
        return None
    return (told.st_mtime_ns, told.st_size, told.st_ino) if told else None
