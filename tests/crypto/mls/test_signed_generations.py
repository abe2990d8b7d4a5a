"""group/sending and receiving: application messages signed together with the generation of their key (row M07)."""

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.keys.secret_tree import Ratchet
from taboon_crypto.mls.messages.envelope import open_as, wrap
from taboon_crypto.mls.messages.protection import PrivateMessage

from .kit import Dice, refused, step, town


def _wrapped_again(message: bytes, group: mls.Group, sender: int, generation: int, dice: Dice) -> bytes:
    """Encrypt what a member signed once more at another generation, with the keys that every member has."""
    state, suite = group.state, group.suite
    private = open_as(PrivateMessage, message)
    secret = state.epoch.secrets.sender_data_secret
    sender_data = private.sender_data(suite, secret)
    said = state.ratchets.peek(sender, Ratchet.APPLICATION, sender_data.generation)
    content = private.unprotect(suite, sender_data, said.key, said.nonce)
    key = state.ratchets.peek(sender, Ratchet.APPLICATION, generation)
    return wrap(PrivateMessage.protect(suite, content, secret, key.key, key.nonce, generation, dice(4)))


def test_what_is_wrapped_again_is_refused_and_spends_no_key(dice: Dice) -> None:
    victim, eve, reader = town(3, dice, signed_generations=True)
    first = victim.encrypt(b"insulin", random=dice)
    copies = [_wrapped_again(first, eve, victim.own_leaf, generation, dice) for generation in (1, 2, 3)]
    reader.receive(first)
    for copy in copies:
        with refused("message.generation", reader):
            reader.receive(copy)
    assert reader.receive(victim.encrypt(b"bandages", random=dice)).data == b"bandages"  # type: ignore[union-attr]


def test_what_is_wrapped_again_is_refused_in_a_past_epoch_too(dice: Dice) -> None:
    victim, eve, reader = groups = town(3, dice, signed_generations=True)
    first, second = (victim.encrypt(said, random=dice) for said in (b"insulin", b"bandages"))
    copy = _wrapped_again(first, eve, victim.own_leaf, 1, dice)
    step(groups, 0, dice)
    reader.receive(first)
    with refused("message.generation", reader):
        reader.receive(copy)
    assert reader.receive(second).data == b"bandages"  # type: ignore[union-attr]


def test_the_victim_takes_no_copy_for_a_message_of_its_own(dice: Dice) -> None:
    victim, eve = town(2, dice, signed_generations=True)
    copy = _wrapped_again(victim.encrypt(b"insulin", random=dice), eve, victim.own_leaf, 1, dice)
    with refused("message.generation", victim):
        victim.receive(copy)


def test_without_it_mls_lets_a_member_use_up_the_keys_of_another(dice: Dice) -> None:
    # What the RFC prescribes, and why there is the option: should this ever fail, look at it again.
    victim, eve, reader = town(3, dice)
    copy = _wrapped_again(victim.encrypt(b"insulin", random=dice), eve, victim.own_leaf, 1, dice)
    reader.receive(copy)
    with pytest.raises(mls.KeySpentError):
        reader.receive(victim.encrypt(b"bandages", random=dice))


def test_the_generation_stands_before_the_authenticated_data_on_the_wire_alone(dice: Dice) -> None:
    speaker, listener = town(2, dice, signed_generations=True)
    for generation in range(3):
        message = speaker.encrypt(b"said", authenticated_data=b"seen", random=dice)
        assert mls.authenticated_data_of(message) == generation.to_bytes(4) + b"seen"
        heard = listener.receive(message)
        assert isinstance(heard, mls.ApplicationMessage)
        assert heard.authenticated_data == b"seen"


def test_plain_mls_has_the_authenticated_data_as_it_was_given(dice: Dice) -> None:
    speaker, _ = town(2, dice)
    assert not speaker.signed_generations
    assert mls.authenticated_data_of(speaker.encrypt(b"said", authenticated_data=b"seen", random=dice)) == b"seen"


@pytest.mark.parametrize("forged", [b"", b"\0", b"\0\0\0", b"\0\0\0\1", b"\1\0\0\0"])
def test_a_member_who_signs_no_generation_or_another_is_not_read(dice: Dice, forged: bytes) -> None:
    speaker, listener = town(2, dice, signed_generations=True)
    plain = mls.Group.load({**speaker.parts(), "group": town(1, dice)[0].parts()["group"]})
    message = plain.encrypt(b"said", authenticated_data=forged, random=dice)
    with refused("message.generation", listener):
        listener.receive(message)


def test_it_is_saved_with_the_group_and_outlasts_epochs(dice: Dice) -> None:
    groups = town(2, dice, signed_generations=True)
    step(groups, 0, dice)
    again = [mls.Group.load(group.parts()) for group in groups]
    assert all(group.signed_generations for group in again)
    message = again[0].encrypt(b"said", random=dice)
    assert mls.authenticated_data_of(message) == bytes(4)
    assert again[1].receive(message).data == b"said"  # type: ignore[union-attr]
