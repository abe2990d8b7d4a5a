"""Where a relay is, and which key it must show there (docs/protocol.md, section 1.1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Self

from taboon_client.errors import RelayAddressError

__all__ = ["RELAY_ID_LENGTH", "RelayAddress"]

RELAY_ID_LENGTH = 32
_MAX_TEXT = 400  # a name has at most 253 characters, an id 43; the rest is room for punctuation
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_DEFAULT_PORT = {"https": 443, "http": 80}
_SHAPE = re.compile(r"(?P<scheme>[a-z]+)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?/?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_EXAMPLE = "https://host:port/#id"


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """A relay's place and identity.

    Attributes:
        base_url: ``https://host:port``, or ``http://host:port`` for loopback literals and onion hosts; kept in its one
            spelling: lower case, port written out, no slash at the end.
        relay_id: 32 bytes, SHA-256 of the relay's public key; None (loopback and onion only) until it has been learnt.

    Raises:
        RelayAddressError: The address is not of this form, or is not safe to use.
    """

    base_url: str
    relay_id: bytes | None

    def __post_init__(self) -> None:
        if self.relay_id is not None and len(self.relay_id) != RELAY_ID_LENGTH:
            raise RelayAddressError(f"A relay id has {RELAY_ID_LENGTH} bytes, not {len(self.relay_id)}.")
        scheme, host, port = _split(self.base_url)
        _check_safe(scheme, host, known=self.relay_id is not None)
        object.__setattr__(self, "base_url", f"{scheme}://{_bracketed(host)}:{port}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``https://host:port/#id`` as a relay prints it.

        Raises:
            RelayAddressError: With a sentence that says what to change.
        """
        if len(text) > _MAX_TEXT:
            raise RelayAddressError(f"This is too long for a relay's address. It looks like {_EXAMPLE}.")
        base_url, hash_sign, fragment = text.partition("#")
        return cls(base_url, _decode_id(fragment) if hash_sign else None)

    def format(self) -> str:
        """Return the address as text, with the id where it is known; :meth:`parse` reads it back."""
        if self.relay_id is None:
            return f"{self.base_url}/"
        return f"{self.base_url}/#{base64.urlsafe_b64encode(self.relay_id).rstrip(b'=').decode('ascii')}"

    def __str__(self) -> str:
        return self.format()

    @property
    def scheme(self) -> str:
        """``https`` or ``http``."""
        return _split(self.base_url)[0]

    @property
    def host(self) -> str:
        """The host, an IPv6 literal without brackets."""
        return _split(self.base_url)[1]

    @property
    def port(self) -> int:
        """The port, 1 to 65535."""
        return _split(self.base_url)[2]

    @property
    def is_loopback(self) -> bool:
        """Whether the host is a loopback literal, so that nothing leaves this device."""
        return self.host in _LOOPBACK

    @property
    def is_onion(self) -> bool:
        """Whether the host is an onion service, which only Tor can reach."""
        return self.host.endswith(".onion")

    def with_id(self, relay_id: bytes) -> Self:
        """Return the same place with its identity.

        Args:
            relay_id: 32 bytes.
        """
        return replace(self, relay_id=relay_id)


def _decode_id(text: str) -> bytes:
    try:
        relay_id = base64.b64decode(text.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        relay_id = b""
    # The last character of 43 has two unused bits: another spelling of the same id is refused, so that texts compare.
    if len(relay_id) != RELAY_ID_LENGTH or base64.urlsafe_b64encode(relay_id).rstrip(b"=").decode("ascii") != text:
        raise RelayAddressError(
            "The part after # must be the relay's id, 43 characters as the relay printed it."
            " Copy the whole address again."
        )
    return relay_id


def _split(base_url: str) -> tuple[str, str, int]:
    match = _SHAPE.fullmatch(base_url.lower()) if base_url.isascii() and len(base_url) <= _MAX_TEXT else None
    if match is None:
        raise RelayAddressError(
            f"This is not a relay's address. It looks like {_EXAMPLE}: no path, no name or password, plain ASCII."
        )
    scheme = match["scheme"]
    if scheme not in _DEFAULT_PORT:
        raise RelayAddressError(f"A relay's address starts with https://, like {_EXAMPLE}.")
    port = int(match["port"]) if match["port"] is not None else _DEFAULT_PORT[scheme]
    if not 1 <= port <= 65535 or (match["port"] or "1").startswith("0"):
        raise RelayAddressError("The port in a relay's address is a number from 1 to 65535.")
    return scheme, _host(match["host"]), port


def _host(text: str) -> str:
    bad = RelayAddressError(f"The host in this relay's address is not one. The address looks like {_EXAMPLE}.")
    if text.startswith("["):
        try:
            return str(ipaddress.IPv6Address(text[1:-1]))
        except ValueError:
            raise bad from None
    labels = text.split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise bad
    # Resolvers read 127.1, 0x7f.1 and 2130706433 as addresses: what ends in a number must be a plain dotted quad.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        try:
            return str(ipaddress.IPv4Address(text))
        except ValueError:
            raise bad from None
    if labels[-1] == "onion" and not _is_onion_name(labels):
        raise RelayAddressError("This onion address is misspelt: its checksum does not fit. Copy it again.")
    return text


def _is_onion_name(labels: list[str]) -> bool:
    """Check a version 3 onion name: base32 of key (32 bytes), checksum (2) and version (1), by Tor's rend-spec."""
    if len(labels) != 2 or len(labels[0]) != 56:
        return False
    try:
        raw = base64.b32decode(labels[0].upper())
    except binascii.Error:
        return False
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    return version == b"\x03" and checksum == hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_safe(scheme: str, host: str, *, known: bool) -> None:
    onion = host.endswith(".onion")
    if scheme == "http" and host == "localhost":
        raise RelayAddressError("Write http://127.0.0.1:port instead of localhost: the name may lead elsewhere.")
    if scheme == "http" and not onion and host not in _LOOPBACK:
        raise RelayAddressError(
            "http:// would show the network what you do, and is only for a relay on this device (127.0.0.1 or [::1])."
            f" Use the https address that the relay printed, like {_EXAMPLE}."
        )
    if not known and not (scheme == "http" and (onion or host in _LOOPBACK)):
        raise RelayAddressError(
            "This address lacks the relay's id, without which anyone on the way could pose as the relay."
            f" Use the whole address that the relay printed, like {_EXAMPLE}."
        )
