"""API keys and what they allow. Settings and key file store only the SHA-256 of each key."""

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
class ApiKey:
    """The name of a key, the SHA-256 of its text, and what it allows.

    Every key may read. Without ``collections`` it is valid for all of them.
    """

    name: str
    digest: str
    write: bool = False
    collections: tuple[str, ...] = ()

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """Parse ``name:sha256``, ``name:read:sha256`` or ``name:write@law+news:sha256``.

        Returns None for any other line.
        """
        found = _LINE.fullmatch(line)
        if not found:
            return None
        names = tuple(filter(None, (found["collections"] or "").split("+")))
        return cls(found["name"], found["digest"], found["scope"] == "write", names)

    @property
    def permissions(self) -> str:
        """The permissions as in ``line``: for example ``write@law+news``."""
        return "@".join(
            filter(None, ("write" if self.write else "read", "+".join(self.collections)))
        )

    @property
    def line(self) -> str:
        """The key as a line of settings. Raises ``SettingsError`` for names it cannot hold."""
        line = f"{self.name}:{self.permissions}:{self.digest}"
        if ApiKey.parse(line) != self:
            raise SettingsError(
                f"{self.name!r} cannot name a key, or a collection cannot be called that; take "
                "up to 64 letters, digits, dots, _ and -"
            )
        return line


def new_key() -> str:
    """Return a new random key of 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def key_digest(key: bytes) -> str:
    """Return the SHA-256 of a key in hexadecimal."""
    return sha256(key).hexdigest()


def parse_keys(lines: Iterable[str], where: str) -> tuple[ApiKey, ...]:
    """Parse the lines of keys. Raises ``SettingsError``, whose message repeats no line."""
    keys = []
    for number, line in enumerate(lines, 1):
        key = ApiKey.parse(line)
        if not key:
            raise SettingsError(
                f"{where}: entry {number} is no line of the form NAME:SCOPE:SHA256; "
                "'cica-qa key NAME' makes a key and its line"
            )
        keys.append(key)
    return tuple(keys)


def read_key_file(file: Path) -> tuple[ApiKey, ...]:
    """Read a key file; a missing file has no keys. Raises ``SettingsError``."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the keys in {file}: {error}") from error
    return parse_keys(filter(None, map(str.strip, lines)), f"the keys in {file}")


def write_key_file(file: Path, keys: Sequence[ApiKey]) -> None:
    """Replace the key file. Raises ``SettingsError``."""
    try:
        replace_file(file, "".join(f"{key.line}\n" for key in keys).encode())
    except OSError as error:
        reason = error.strerror or error
        raise SettingsError(f"cannot write the keys in {file}: {reason}") from error


class KeyRing:
    """The keys of the settings and of a key file, which is reloaded when it changes.

    Several keys may share a name, so that a key can be rotated. Once there has been a key, one is
    required until the process ends, whatever becomes of the file.
    """

    def __init__(self, lines: Iterable[str], file: Path | None = None) -> None:
        """Read the keys of both. Raises ``SettingsError``."""
        self._from_settings = parse_keys(lines, "setting 'serve.keys'")
        self._file = file
        self._seen = _signature(file)
        self._known = (*self._from_settings, *(read_key_file(file) if file else ()))
        self._needed = bool(self._known)

    def __bool__(self) -> bool:
        """Return whether a key is required."""
        self._read_again()
        return self._needed

    def find(self, sent: bytes) -> ApiKey | None:
        """Return the key that was sent, or None; takes the same time for all keys, known or not."""
        self._read_again()
        digest, found = key_digest(sent), None
        for key in self._known:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def _read_again(self) -> None:
        signature = _signature(self._file)
        if self._file is None or signature is None or signature == self._seen:
            return
        self._seen = signature
        try:
            self._known = (*self._from_settings, *read_key_file(self._file))
        except SettingsError as error:
            log.error("%s; the keys before are still in use", error)
            return
        self._needed = self._needed or bool(self._known)
        log.info("the keys were read again: %d", len(self._known))


def _signature(file: Path | None) -> tuple[int, ...] | None:
    try:
        stat = file and file.stat()
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None
