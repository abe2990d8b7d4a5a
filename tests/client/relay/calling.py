"""Opens clients the way the program does."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from taboon_client.relay.client import RelayClient
from taboon_client.relay.cursor import Cursor
from tests.client.relay.forging import KEYS, blob

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from taboon_client.relay.address import RelayAddress

START = Cursor.start(KEYS.mailbox_id)


def client(address: RelayAddress, *, seconds: float = 30.0, clock: Callable[[], float] = time.time) -> RelayClient:
    return RelayClient(address, random=secrets.token_bytes, clock=clock, timeout=seconds)


EVERY_CALL: dict[str, Callable[[RelayClient], Awaitable[object]]] = {
    "create": lambda relay: relay.create(KEYS),
    "append": lambda relay: relay.append(KEYS, blob(1)),
    "read": lambda relay: relay.read(KEYS, START),
    "limits": lambda relay: relay.limits(),
    "health": lambda relay: relay.health(),
}
"""Every public way in."""
