"""The location of an index: a folder, or the address of an engine."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from platformdirs import user_data_path

from cica_qa.errors import SettingsError

SCHEMES = ("postgresql", "postgres")
COLLECTION = "collection"
"""The parameter of an address that names one of several collections in an engine."""
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PASSWORD, _HIDDEN = "password", "***"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an engine and of one of its collections.

    ``url`` is for the engine's client. Its password is never shown: ``str`` and ``repr`` leave it
    out, and ``hide`` removes it from messages.
    """

    url: str = field(repr=False)
    shown: str
    collection: str = "default"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Parse ``postgresql://user:password@host/database?collection=name``.

        Raises ``SettingsError`` for another scheme or an invalid collection name.
        """
        parts = urlsplit(text)
        if parts.scheme not in SCHEMES:
            raise SettingsError(
                f"there is no engine for {parts.scheme}://; give a folder or an address that "
                "begins with postgresql://",
                arabic="عنوان الفهرس غير معروف؛ اكتب مجلدًا أو عنوانًا يبدأ بـ postgresql://",
            )
        query = [one.partition("=") for one in parts.query.split("&") if one]
        names = [unquote(value) for key, _, value in query if key == COLLECTION]
        name = names[-1] if names else "default"
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"the collection {name!r} of the address is no name; use up to 40 small letters, "
                "digits and underscores, a letter first",
                arabic="اسم المجموعة في العنوان غير صالح؛ استعمل حروفًا لاتينية صغيرة وأرقامًا.",
            )
        rest = "&".join("".join(one) for one in query if one[0] != COLLECTION)
        url = urlunsplit(parts._replace(query=rest))
        hidden = [(k, "=", _HIDDEN) if k == _PASSWORD else (k, s, v) for k, s, v in query]
        login, _, host = parts.netloc.rpartition("@")
        user, separator, _ = login.partition(":")
        place = f"{user}:{_HIDDEN}@{host}" if separator else parts.netloc
        masked = parts._replace(netloc=place, query="&".join(map("".join, hidden)))
        return cls(url, urlunsplit(masked), name)

    def __str__(self) -> str:
        return self.shown

    def hide(self, message: str) -> str:
        """Return ``message`` without the password."""
        parts = urlsplit(self.url)
        query = [one.partition("=") for one in parts.query.split("&")]
        secrets = [parts.password, *(value for key, _, value in query if key == _PASSWORD)]
        for secret in filter(None, secrets):
            for spelt in (secret, unquote(secret)):
                message = message.replace(spelt, _HIDDEN)
        return message


Location = Path | Address
"""The folder or the address of an index."""


def located(index: str | Location) -> Location:
    """Return the location that a path or an address denotes. Raises ``SettingsError``."""
    if isinstance(index, str) and _ADDRESS.match(index):
        return Address.parse(index)
    return index if isinstance(index, Address) else Path(index)


def beside(index: Location, suffix: str) -> Path:
    """Return the path of local files of an index: the folder's path with a suffix.

    The local files of an engine's index are in the user's data folder.
    """
    if isinstance(index, Path):
        return index.parent / f"{index.name}{suffix}"
    digest = hashlib.sha256(str(index).encode()).hexdigest()[:16]
    return user_data_path("cica-qa") / "engines" / f"{digest}{suffix}"
