"""What an operator can set, with its defaults."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of one relay.

    Attributes:
        quota_blobs: blobs that a mailbox takes (a seal comes on top).
        quota_bytes: bytes that a mailbox takes (a seal comes on top).
        quota_minute: appends that a mailbox takes in a minute (a seal comes on top).
        quota_mailboxes: mailboxes that the relay takes.
        waiters_by_mailbox: readers that may wait on one mailbox.
        waiters: readers that may wait in total.
        connections: open connections.
        deadline: seconds in which the head and body of a request must have come.
        keep_alive: seconds that an idle connection is kept.
        pending: writes that may wait for the writer; above, the answer is 503.
        pending_bytes: bytes of blobs that may wait for the writer; above, the answer is 503.
        busy_seconds: seconds to wait for a database that another process has locked.
        disk_bytes: bytes that all blobs may take together, or None for as many as the disk holds.
        reserve_bytes: free bytes on the disk, besides what is set aside for seals, below which only seals are stored.
        purge_seconds: seconds between two looks at what has expired and at what is stored.
        believe_clock: expire by the clock also when the relay was off for long, or its clock leapt while it was.
        replays: proofs that are remembered.
    """

    quota_blobs: int = 65_536
    quota_bytes: int = 512 * MIB
    quota_minute: int = 10_000
    quota_mailboxes: int = 1_000_000
    waiters_by_mailbox: int = 1_000
    waiters: int = 4_096
    connections: int = 8_192
    deadline: float = 10.0
    keep_alive: int = 60
    pending: int = 1_024
    pending_bytes: int = 32 * MIB
    busy_seconds: float = 4.0
    disk_bytes: int | None = None
    reserve_bytes: int = 64 * MIB
    purge_seconds: float = 60.0
    believe_clock: bool = False
    replays: int = 262_144
