"""Every target of the fuzzer, by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.fuzz import client_targets, mls_targets

__all__ = ["TARGETS", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads bytes.

    Attributes:
        run: Takes any bytes and returns; whatever it raises is a finding.
        seeds: Gives good input to start from.
        longest: Bytes of the longest input that is worth trying.
        share: Of all inputs of ``make fuzz``, in parts of a hundred.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    longest: int
    share: int


TARGETS = {
    "mls-decode": Target(mls_targets.decode, mls_targets.decode_seeds, 4096, 40),
    "mls-receive": Target(mls_targets.receive, mls_targets.receive_seeds, 4096, 15),
    "mls-insider": Target(mls_targets.insider, mls_targets.insider_seeds, 4096, 10),
    "mls-join": Target(mls_targets.join, mls_targets.join_seeds, 4096, 5),
    "mls-staged": Target(mls_targets.staged, mls_targets.staged_seeds, 8192, 5),
    "client-read": Target(client_targets.read, client_targets.read_seeds, 4096, 25),
}
