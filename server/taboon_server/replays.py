"""Memory of the proofs that this process has seen, in RAM only and bounded."""

import hashlib
import secrets
from collections import deque


class ReplayMemory:
    """Knows the latest proofs. The oldest is forgotten when the memory is full.

    Args:
        size: how many proofs are remembered, about 100 bytes each.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._key = secrets.token_bytes(16)
        self._seen: set[int] = set()
        self._order: deque[int] = deque()

    def is_new(self, signed: bytes) -> bool:
        """Remember the signed bytes of a verified proof; return False if they were remembered already."""
        # Keyed, so that nobody can prepare two proofs that fall together.
        name = int.from_bytes(hashlib.blake2b(signed, digest_size=8, key=self._key).digest(), "big")
        if name in self._seen:
            return False
        self._seen.add(name)
        self._order.append(name)
        if len(self._order) > self._size:
            self._seen.discard(self._order.popleft())
        return True
