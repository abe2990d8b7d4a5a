from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlcipher3 import dbapi2

from taboon_client.errors import DiskFullError, VaultBusyError, VaultUsageError
from taboon_client.vault import database
from tests.client.vault.places import count, count_up
from tests.client.vault.worker import TIMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.vault import Connection
    from tests.client.vault.places import Place


def test_whatever_is_raised_inside_rolls_everything_back_and_comes_out(place: Place) -> None:
    class OwnError(Exception):
        pass

    def act(tx: Connection) -> None:
        count_up(tx)
        raise OwnError

    with place.create() as vault:
        with pytest.raises(OwnError):
            vault.write(act)
        assert count(vault) == 0
        assert vault.write(count_up) == 1


def test_a_user_who_interrupts_leaves_no_half_of_a_change(place: Place) -> None:
    def act(tx: Connection) -> None:
        count_up(tx)
        raise KeyboardInterrupt

    with place.create() as vault:
        with pytest.raises(KeyboardInterrupt):
            vault.write(act)
        assert vault.write(count_up) == 1


def test_a_fault_in_a_statement_comes_out_as_it_is_and_changes_nothing(place: Place) -> None:
    def act(tx: Connection) -> None:
        count_up(tx)
        tx.execute("INSERT INTO counter VALUES (1, 0)")

    with place.create() as vault:
        with pytest.raises(dbapi2.IntegrityError):
            vault.write(act)
        assert count(vault) == 0


def test_reading_cannot_write(place: Place) -> None:
    with place.create() as vault:
        with pytest.raises(VaultUsageError, match="cannot write"):
            vault.read(count_up)
        assert vault.write(count_up) == 1


def test_transactions_do_not_nest(place: Place) -> None:
    with place.create() as vault:
        for outer in (vault.write, vault.read):
            for inner in (vault.write, vault.read):
                with pytest.raises(VaultUsageError, match="do not nest"):
                    outer(lambda _, again=inner: again(count_up))  # type: ignore[misc] # a default binds the loop
        assert vault.write(count_up) == 1


def test_a_transaction_cannot_be_ended_from_inside(place: Place) -> None:
    with place.create() as vault:
        with pytest.raises(VaultUsageError, match="from inside"):
            vault.write(lambda tx: tx.execute("ROLLBACK"))
        assert vault.write(count_up) == 1


def test_a_closed_vault_does_nothing_and_closing_twice_is_fine(place: Place) -> None:
    vault = place.create()
    vault.close()
    vault.close()
    uses: list[Callable[[], object]] = [lambda: vault.write(count_up), lambda: vault.read(count_up), vault.tidy]
    for use in uses:
        with pytest.raises(VaultUsageError, match="closed"):
            use()


def test_another_thread_is_refused(place: Place) -> None:
    refused: list[Exception] = []

    def use() -> None:
        for act in (lambda: vault.write(count_up), lambda: vault.read(count_up), vault.close):
            try:
                act()
            except VaultUsageError as error:
                refused.append(error)

    with place.create() as vault:
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        assert len(refused) == 3
        assert vault.write(count_up) == 1


def test_a_vault_is_set_up_to_lose_nothing_and_to_leak_nothing(place: Place) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "fullfsync": 1,
        "checkpoint_fullfsync": 1,
        "secure_delete": 1,
        "temp_store": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "query_only": 0,
    }
    place.create().close()
    with place.open() as vault:
        found = vault.write(lambda tx: {name: tx.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted})
    assert found == wanted


def test_tidying_leaves_nothing_in_the_log(place: Place) -> None:
    with place.create() as vault:
        vault.write(count_up)
        assert (place.folder / "vault.db-wal").stat().st_size > 0
        assert vault.tidy()
        assert (place.folder / "vault.db-wal").stat().st_size == 0
        assert count(vault) == 1


def test_a_full_disk_changes_nothing_and_room_lets_it_go_on(place: Place) -> None:
    def fill(tx: Connection) -> None:
        count_up(tx)
        tx.execute("CREATE TABLE big (bytes BLOB)")
        tx.execute("INSERT INTO big VALUES (zeroblob(1000000))")

    with place.create() as vault:
        pages = vault.read(lambda tx: tx.execute("PRAGMA page_count").fetchone()[0])
        vault.write(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages + 10}").fetchone())
        with pytest.raises(DiskFullError, match="nothing was changed"):
            vault.write(fill)
        assert count(vault) == 0
        vault.write(lambda tx: tx.execute("PRAGMA max_page_count = 1000000").fetchone())
        vault.write(fill)
        assert count(vault) == 1


# Several processes


def test_two_processes_count_without_losing_a_number(place: Place) -> None:
    place.create().close()
    with place.start("count") as one, place.start("count") as two:
        for worker in (one, two):
            assert worker.hear() == "ready"
        for worker in (one, two):
            worker.go_on()
        said = [list(map(int, worker.hear().split())) for worker in (one, two)]
        assert [worker.wait() for worker in (one, two)] == [0, 0]
    assert all(numbers == sorted(numbers) for numbers in said)
    assert sorted(said[0] + said[1]) == list(range(1, 2 * TIMES + 1))
    with place.open() as vault:
        assert count(vault) == 2 * TIMES


def test_a_process_killed_in_a_transaction_leaves_what_was_before_it(place: Place) -> None:
    place.create().close()
    with place.start("die") as worker:
        assert worker.hear() == "writing"
        worker.kill()
    with place.open() as vault:
        assert count(vault) == 1
        assert vault.write(count_up) == 2
        assert vault.read(lambda tx: tx.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"


def test_waiting_too_long_for_another_process_is_said_and_changes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.create().close()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with place.start("lock") as worker, place.open() as vault:
        assert worker.hear() == "locked"
        with pytest.raises(VaultBusyError, match="try again"):
            vault.write(count_up)
        assert count(vault) == 0
        worker.go_on()
        assert worker.wait() == 0
        assert vault.write(count_up) == 1


def test_a_reader_sees_one_state_from_beginning_to_end(place: Place) -> None:
    with place.create() as vault, place.start("read") as worker:
        assert worker.hear() == "0"
        vault.write(count_up)
        assert not vault.tidy()
        worker.go_on()
        assert worker.hear() == "0"
        assert worker.wait() == 0
        assert vault.tidy()
