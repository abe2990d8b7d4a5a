"""A vault of the first version, opened by this one: everything is there, folded anew, and nothing is deleted for it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taboon_client import cbor
from taboon_client import vault as vault_room
from taboon_client.board import Comment, Item, Pledge, Status
from taboon_client.group.desk import Desk
from taboon_client.vault import Vault, board, events, groups
from tests.client.board.worlds import GROUP, group_of, meet, need
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from taboon_crypto.slots import Cost

SCHEMA = Path(vault_room.__file__).parent / "schema"


def test_a_vault_of_version_one_is_folded_anew_and_loses_nothing(tmp_path: Path, fast_kdf: Cost) -> None:
    older = tmp_path / "schema"
    older.mkdir()
    shutil.copy(SCHEMA / "001.sql", older)
    amal, rami = group_of("amal", "rami")
    item = amal.post(need("Bread"))
    meet(amal, rami)
    rami.post(Pledge(), item.name)
    rami.post(Comment(text="on my way"), item.name)
    meet(amal, rami)

    def fill(tx: Any) -> None:
        tx.execute(
            "INSERT INTO grp (id, group_id, name, state, relay_url, relay_id, identity_seed, identity)"
            " VALUES (1, ?, 'Harbour', 'removed', 'http://127.0.0.1:1', ?, X'', ?)",
            (GROUP, bytes(32), amal.actor.identity),
        )
        epoch = amal.epoch
        tx.execute(
            "INSERT INTO epoch (grp, number, epoch_id, record) VALUES (1, ?, ?, ?)",
            (epoch.number, epoch.epoch_id, cbor.encode(epoch.whole().to_value())),
        )
        for event in amal.board.events.values():
            tx.execute(
                "INSERT INTO event (name, grp, author, number, previous, place, epoch_id, bytes)"
                " VALUES (?, 1, ?, ?, ?, ?, ?, ?)",
                (event.name, event.author, event.number, event.previous, event.home, event.epoch, event.raw),
            )
        tx.execute(
            "INSERT INTO item (id, grp, code, kind, status, category, urgency, created, folded)"
            " VALUES (?, 1, 'X', 'need', 'open', '', 4, 0, X'01')",
            (item.name,),
        )
        tx.execute("INSERT INTO wish (grp, kind, data) VALUES (1, 'rotate', X'')")

    with Vault.create(tmp_path / "home", PASSPHRASE, schema=older) as vault:
        vault.write(fill)
    with Vault.open(tmp_path / "home", PASSPHRASE) as vault:
        desk = Desk(vault, lambda count: bytes(count), time.time)
        desk.refresh()
        folded = desk.keeper.read(lambda tx: board.folded_item(tx, item.name))
        assert folded is not None
        shown = Item.decode(folded)
        assert shown == amal.board.items[item.name]
        assert (shown.status, shown.comment_count) == (Status.COVERED, 1)
        assert [wish.kind for wish in desk.keeper.read(lambda tx: groups.wishes(tx, 1))] == ["rotate"]
        assert desk.keeper.write(lambda tx: groups.add_wish(tx, 1, "dispatch", b"")) > 0
        # Nobody knows when the old events came: their time begins with the upgrade.
        assert abs(desk.keeper.read(lambda tx: events.received_of(tx, item.name)) - time.time()) <= 3_600 + 60
