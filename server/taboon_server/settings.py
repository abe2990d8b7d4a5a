"""What an operator can set, with its defaults."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of one relay.

    Attributes:
        quota_blobs: blobs that a mailbox takes (a seal comes on top).
        quota_bytes: bytes that a mailbox takes (a seal comes on top).
        waiters_by_mailbox: readers that may wait on one mailbox.
        waiters: readers that may wait in total.
        connections: open connections.
        deadline: seconds in which the head and body of a request must have come.
        keep_alive: seconds that an idle connection is kept.
        pending: writes that may wait for the writer; above, the answer is 503.
        pending_bytes: bytes of blobs that may wait for the writer; above, the answer is 503.
        busy_seconds: seconds to wait for a database that another process has locked.
        disk_bytes: bytes that the database may take on disk, or None for no limit of its own.
        reserve_bytes: free bytes on the disk below which only seals are stored.
        purge_seconds: seconds between two looks for expired mailboxes.
        replays: proofs that are remembered.
    """

    quota_blobs: int = 65_536
    quota_bytes: int = 512 * MIB
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
    purge_seconds: float = 600.0
    replays: int = 262_144
