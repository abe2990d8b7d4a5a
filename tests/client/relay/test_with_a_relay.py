"""The transport and a real relay, each in its own process, with real keys."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import (
    BlobSizeError,
    MailboxMovedError,
    MailboxSealedError,
    MailboxUnknownError,
    RelayAddressError,
    RelayKeyError,
    RelayUnreachableError,
    RequestMalformedError,
)
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.client import RelayClient
from taboon_client.relay.cursor import Cursor
from taboon_crypto.mailbox import MailboxKeys, RetentionClass
from tests.client.relay.calling import EVERY_CALL, client
from tests.client.relay.forging import IMPOSTOR, SIZES, relay_id
from tests.relay_process import RelayProcess

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


def new_keys() -> MailboxKeys:
    return MailboxKeys.of_seeds(secrets.token_bytes(32), secrets.token_bytes(32), RetentionClass.WEEK)


def new_blob(size_class: int = 0) -> bytes:
    return secrets.token_bytes(SIZES[size_class])


@pytest.fixture(params=["http", "https"])
def address(request: pytest.FixtureRequest, real_relay: RelayProcess, real_tls_relay: RelayProcess) -> RelayAddress:
    return RelayAddress.parse((real_tls_relay if request.param == "https" else real_relay).url)


async def test_what_is_appended_is_read_in_order(address: RelayAddress) -> None:
    keys = new_keys()
    blobs = [new_blob(size_class) for size_class in (0, 0, 1, 2, 0, 3)]
    async with client(address) as relay:
        assert await relay.health()
        await relay.create(keys)
        await relay.create(keys)
        after = Cursor.start(keys.mailbox_id)
        receipts = [await relay.append(keys, blob) for blob in blobs]
        assert [receipt.number for receipt in receipts] == [1, 2, 3, 4, 5, 6]
        got: list[bytes] = []
        while len(got) < len(blobs):
            page = await relay.read(keys, after, page_class=1)
            assert page.last == 6
            got += page.blobs
            after = page.cursor
        assert got == blobs
        assert after == Cursor(6, receipts[-1].head)
        assert page.complete
        assert (await relay.read(keys, after)).blobs == ()


async def test_the_relay_id_is_learnt_where_the_address_has_none(real_relay: RelayProcess) -> None:
    async with client(RelayAddress.parse(real_relay.base_url)) as relay:
        assert relay.address.relay_id is None
        keys = new_keys()
        await relay.create(keys)
        assert relay.address == RelayAddress.parse(real_relay.url)
        assert (await relay.append(keys, new_blob())).number == 1
        assert (await relay.limits()).relay_id == relay.address.relay_id


@pytest.mark.parametrize("call", EVERY_CALL.values(), ids=list(EVERY_CALL))
async def test_a_relay_with_another_key_than_the_address_names_is_refused_at_every_way_in(
    real_tls_relay: RelayProcess, call: object
) -> None:
    async with client(RelayAddress(real_tls_relay.base_url, relay_id(IMPOSTOR))) as relay:
        with pytest.raises(RelayKeyError, match="another key"):
            await call(relay)  # type: ignore[operator] # parametrize hands values on as objects


async def test_a_repeated_append_gets_the_same_number_even_after_the_seal(address: RelayAddress) -> None:
    keys, first, seal = new_keys(), new_blob(), new_blob()
    async with client(address) as relay:
        await relay.create(keys)
        receipt = await relay.append(keys, first)
        sealed = await relay.append(keys, seal, seal=True, expected=2)
        assert (sealed.number, sealed.seal) == (2, True)
        assert await relay.append(keys, first, expected=9) == receipt
        assert await relay.append(keys, seal, seal=True) == sealed
        with pytest.raises(MailboxSealedError):
            await relay.append(keys, new_blob())
        page = await relay.read(keys, Cursor.start(keys.mailbox_id))
        assert (page.blobs, page.sealed) == ((first, seal), True)


async def test_of_two_that_expect_one_number_the_second_is_told_where_the_mailbox_is(address: RelayAddress) -> None:
    keys = new_keys()
    async with client(address) as relay:
        await relay.create(keys)
        await relay.append(keys, new_blob(), expected=1)
        with pytest.raises(MailboxMovedError) as moved:
            await relay.append(keys, new_blob(), expected=1)
        assert moved.value.next == 2


async def test_unknown_mailboxes_and_wrong_keys_answer_alike(address: RelayAddress) -> None:
    known, unknown = new_keys(), new_keys()
    wrong = MailboxKeys(known.retention, known.read_public, known.append_public, unknown.read_seed, unknown.append_seed)
    async with client(address) as relay:
        await relay.create(known)
        said = []
        for keys in (unknown, wrong):
            for call in (relay.read(keys, Cursor.start(keys.mailbox_id)), relay.append(keys, new_blob())):
                with pytest.raises(MailboxUnknownError) as refused:
                    await call
                said.append(str(refused.value))
        assert len(set(said)) == 1


async def test_who_may_only_append_and_who_may_only_read_each_do_their_part(address: RelayAddress) -> None:
    both, blob = new_keys(), new_blob()
    assert both.read_seed is not None
    assert both.append_seed is not None
    writer = MailboxKeys.to_append(both.read_public, both.append_seed, both.retention)
    reader = MailboxKeys.to_read(both.read_seed, both.append_public, both.retention)
    async with client(address) as relay:
        await relay.create(writer)
        await relay.append(writer, blob)
        assert (await relay.read(reader, Cursor.start(reader.mailbox_id))).blobs == (blob,)


async def test_a_waiting_reader_gets_the_next_blob_and_an_append_goes_by(address: RelayAddress) -> None:
    keys, blob = new_keys(), new_blob()
    async with client(address) as relay:
        await relay.create(keys)
        waiting = asyncio.create_task(relay.read(keys, Cursor.start(keys.mailbox_id), wait=25))
        await relay.append(keys, blob)
        assert (await waiting).blobs == (blob,)


async def test_a_wait_that_is_called_off_leaves_the_client_usable(address: RelayAddress) -> None:
    keys = new_keys()
    async with client(address) as relay:
        await relay.create(keys)
        waiting = asyncio.create_task(relay.read(keys, Cursor.start(keys.mailbox_id), wait=25))
        await relay.health()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await relay.append(keys, new_blob())).number == 1


@pytest.mark.parametrize("skew", [-3_000_000_000, -86_400, 86_400, 100_000_000])
async def test_a_device_whose_clock_is_wrong_is_put_right_by_the_relay(real_relay: RelayProcess, skew: float) -> None:
    keys = new_keys()
    async with client(RelayAddress.parse(real_relay.url), clock=lambda: time.time() + skew) as relay:
        await relay.create(keys)
        assert (await relay.append(keys, new_blob())).number == 1


async def test_bad_input_is_refused_before_anything_is_sent(real_relay: RelayProcess) -> None:
    keys = new_keys()
    async with client(RelayAddress.parse(real_relay.url)) as relay:
        for length in (0, 2_047, 2_049, 262_145):
            with pytest.raises(BlobSizeError):
                await relay.append(keys, bytes(length))
        with pytest.raises(RequestMalformedError):
            await relay.create(keys, bytes(65))
        for wait, page_class in ((26, 0), (-1, 0), (0, 4)):
            with pytest.raises(ValueError, match=r"wait|size class"):
                await relay.read(keys, Cursor.start(keys.mailbox_id), wait=wait, page_class=page_class)


async def test_a_relay_that_was_restarted_is_used_again_over_the_same_client(tmp_path: Path) -> None:
    keys, blobs = new_keys(), [new_blob(), new_blob()]
    with RelayProcess(tmp_path / "home") as process:
        async with client(RelayAddress.parse(process.url)) as relay:
            await relay.create(keys)
            await relay.append(keys, blobs[0])
            process.kill()
            with pytest.raises(RelayUnreachableError):
                await relay.append(keys, blobs[1])
            process.start()
            assert (await relay.append(keys, blobs[1])).number == 2
            assert (await relay.read(keys, Cursor.start(keys.mailbox_id))).blobs == tuple(blobs)


def test_an_onion_address_is_not_tried_without_tor() -> None:
    onion = RelayAddress.parse("http://2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion")
    with pytest.raises(RelayAddressError, match="Tor"):
        RelayClient(onion, random=secrets.token_bytes, clock=time.time)
