"""Moving to another home: whether a relay can be one. What waits for that relay, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import (
    RelayAddressError,
    RelayBusyError,
    RelayError,
    RelayPassError,
    RelayUnreachableError,
)
from taboon_client.relay.address import RelayAddress
from taboon_crypto.mailbox import MailboxKeys, RetentionClass

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.group.policy import Policy
    from taboon_client.relay.client import RelayClient
    from taboon_crypto.mls import Random

__all__ = ["unfit"]

_SILENT = (
    "the group stays where it is: the relay at that address does not answer. Check the address, and that this device "
    "can reach it"
)
_CLOSED = (
    "the group stays where it is: the relay at that address asks for a pass, and this is none of its. Ask whoever runs "
    "it"
)
_TOO_SHORT = (
    "the group stays where it is: the relay at that address does not keep messages for {days} days, as the group's "
    "rules ask. Choose another relay, or another number of days first"
)
_ANOTHER = (
    "the group stays where it is: what answers at that address is not this relay, or not as a relay does. Copy the "
    "whole address again from whoever runs it"
)


async def unfit(connect: Callable[[RelayAddress], RelayClient], policy: Policy, random: Random) -> str | None:
    """Return why a group cannot live at the home that a policy names; None if it can.

    It has to answer and to show the key in its address, to keep mailboxes for as long as the policy asks, and to make
    one: that is tried with a mailbox that nobody will use.

    Args:
        connect: Connects to a relay.
        policy: As it would be.
        random: Source of randomness.
    """
    retention = RetentionClass(policy.retention)
    keys = MailboxKeys.of_rendezvous(random(32), retention)
    try:
        async with connect(RelayAddress(policy.home.url, policy.home.id)) as client:
            if retention.days not in (await client.limits()).retention_days:
                return _TOO_SHORT.format(days=retention.days)
            await client.create(keys, policy.home.pass_)
    except RelayPassError:
        return _CLOSED
    except (RelayUnreachableError, RelayBusyError):
        return _SILENT
    except RelayAddressError as error:
        return str(error)
    except RelayError:
        return _ANOTHER
    return None
