"""Names of hosts, addresses and web origins: read from settings and from headers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from cica_qa.errors import SettingsError

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?")
_ORIGIN = re.compile(r"(https?)://([^/?#@\s:\[\]]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def host_names(lines: Iterable[str]) -> frozenset[str]:
    """Read ``serve.hosts``: names without a port, in ASCII. Raises ``SettingsError``."""
    names = set()
    for line in lines:
        name = _ascii(line)
        if name is None or host_name(name) != name:
            raise SettingsError(
                f"setting 'serve.hosts': {line!r} is no host name; give names without scheme "
                "and port, for example 'qa.example.org'"
            )
        names.add(name)
    return frozenset(names)


def web_origins(lines: Iterable[str]) -> frozenset[str]:
    """Read ``serve.origins`` into what browsers send as ``Origin``. Raises ``SettingsError``."""
    origins = set()
    for line in lines:
        found = _ORIGIN.fullmatch(line)
        name = found and _ascii(found[2])
        if not found or not name or "*" in name:
            raise SettingsError(
                f"setting 'serve.origins': {line!r} is no web origin; give scheme, host and, "
                "where it is not the usual one, port: 'https://app.example.org'"
            )
        port = found[3] or ""
        origins.add(f"{found[1]}://{name}{'' if port == _DEFAULT_PORTS[found[1]] else port}")
    return frozenset(origins)


def host_name(header: str) -> str | None:
    """Return the name in a ``Host`` header, lower case, without brackets and port."""
    found = _HOST.fullmatch(header.lower())
    return found[1].strip("[]") if found else None


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that ``text`` is; one of IPv4 inside IPv6 comes out as that of IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_of(text: str) -> str:
    """Return what counts as one client: an address, of IPv6 the network that one site gets."""
    address = address_of(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address or text)


def _ascii(name: str) -> str | None:
    """Return a host name as it is sent: an Arabic domain in its ASCII form."""
    try:
        return name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
