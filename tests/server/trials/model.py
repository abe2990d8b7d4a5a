"""All that a relay promises about mailboxes, in a few lines of plain Python: what each call must come to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Box:
    blobs: list[bytes] = field(default_factory=list)
    sealed: bool = False


@dataclass
class Model:
    """Mailboxes by name. A refusal is its name in the protocol."""

    quota: int
    boxes: dict[bytes, Box] = field(default_factory=dict)

    def create(self, name: bytes) -> None:
        self.boxes.setdefault(name, Box())

    def append(self, name: bytes, blob: bytes, *, seal: bool = False, expected: int | None = None) -> int | str:
        if (box := self.boxes.get(name)) is None:
            return "unknown-mailbox"
        if blob in box.blobs:
            return box.blobs.index(blob) + 1
        if box.sealed or expected not in (None, len(box.blobs) + 1):
            return "sealed" if box.sealed else "moved"
        if len(box.blobs) >= self.quota and not seal:
            return "full"
        box.blobs.append(blob)
        box.sealed = seal
        return len(box.blobs)

    def read(self, name: bytes, after: int, room: int) -> list[bytes] | str:
        if (box := self.boxes.get(name)) is None:
            return "unknown-mailbox"
        page = box.blobs[after:]
        while len(page) > 1 and sum(map(len, page)) > room:
            page.pop()
        return page
