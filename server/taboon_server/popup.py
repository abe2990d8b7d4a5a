"""A relay for those around: by which addresses they reach this machine, and its URL as a QR code."""

import ipaddress
import sys
from collections.abc import Sequence

import ifaddr
import segno

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def own_addresses(version: int) -> list[Address]:
    """Return this machine's addresses that others can use, those of a home or a hotspot first.

    They are asked of the network cards: where the internet is away there is no route that would tell.
    """
    texts = [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for card in ifaddr.get_adapters() for ip in card.ips]
    found = [ipaddress.ip_address(text) for text in texts]
    usable = [each for each in found if each.version == version and not each.is_loopback and not each.is_link_local]
    return sorted(usable, key=lambda each: (not each.is_private, str(each).startswith("172.")))


def show(urls: Sequence[str]) -> None:
    """Print how others get to the relay: the first address as a QR code, the rest as text."""
    segno.make(urls[0], error="l").terminal(sys.stdout, compact=True)
    for url in urls[1:]:
        print(f"or {url}")  # noqa: T201 - told to whoever started the relay
    print(f"A new group begins here with: --relay '{urls[0]}'")  # noqa: T201 - as above
    print(f"One that is there already goes on here with: taboon popup use GROUP '{urls[0]}'", flush=True)  # noqa: T201 - as above
