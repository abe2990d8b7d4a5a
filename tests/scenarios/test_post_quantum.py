"""Groups of the post-quantum suite, from founding to removal, through a real relay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from taboon_client.errors import NotAllowedError
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent
from taboon_client.group.settings import POST_QUANTUM, SUITE
from taboon_client.joining import host, messages
from taboon_client.joining.link import InvitePayload
from taboon_client.session import commits
from taboon_client.values import JoiningState
from taboon_crypto import blob, mls
from taboon_crypto.padding import CONTENT_LIMITS
from tests.scenarios.hostile import desk_of, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taboon_client.joining.messages import JoinRequestContent
    from tests.scenarios.conftest import Neighbourhood, Person

LONG = "الدواء عند الصيدلية، والباقي غداً. " * 110


@pytest.fixture
def layla(neighbourhood: Neighbourhood) -> Person:
    """Somebody who founded a post-quantum group."""
    layla = neighbourhood.person("Layla")
    layla.taboon.create_group("Harbour", relay=neighbourhood.relay.url, me="Layla", post_quantum=True)
    return layla


def ask(neighbourhood: Neighbourhood, admin: Person, names: Sequence[str]) -> list[Person]:
    """So many ask to join, each with an invite of their own."""
    people = []
    for name in names:
        person = neighbourhood.person(name)
        person.taboon.join(admin.group.invite().link, me=name)
        people.append(person)
    admin.sync()
    return people


def let_all_in(admin: Person, people: Sequence[Person]) -> None:
    """Approve all of them before the next sync."""
    for request in admin.group.requests():
        admin.group.approve(request.code, wait=0)
    admin.sync()
    for person in people:
        person.sync()
    admin.sync()


def mls_group(person: Person) -> mls.Group:
    """The MLS group as a person's vault has it."""
    desk, grp = desk_of(person), row_of(person)
    return desk.keeper.read(lambda tx: desk.keeper.load(tx, grp))


def counted(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[int]:
    """Count the blobs of each message that a function makes."""
    counts: list[int] = []
    real: Callable[..., Sequence[bytes]] = getattr(module, name)

    def counting(*arguments: object) -> Sequence[bytes]:
        made = real(*arguments)
        counts.append(len(made))
        return made

    monkeypatch.setattr(module, name, counting)
    return counts


def test_a_post_quantum_group_of_ten_lives_through_a_relay_with_commits_and_welcomes_in_parts(
    neighbourhood: Neighbourhood, layla: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The largest blob that is made here is of the second class: else it would take seventy members to fill one.
    monkeypatch.setattr(blob, "CONTENT_LIMITS", CONTENT_LIMITS[:2])
    in_commits, in_answers = counted(monkeypatch, commits, "blobs_for"), counted(monkeypatch, host, "split")
    people = ask(neighbourhood, layla, [f"Neighbour {number}" for number in range(1, 10)])
    layla.group.post(Need(title="Bread", note=LONG, created=0))
    let_all_in(layla, people)
    everyone = [layla, *people]
    assert [len(person.group.members()) for person in everyone] == [10] * 10
    assert in_answers == sorted(in_answers)
    assert (len(in_answers), in_answers[-1]) == (9, 3)
    assert len(in_commits) == 9
    assert in_commits[-1] == 2

    for number, person in enumerate(everyone):
        person.group.post(Need(title=f"Need {number}", note=LONG, created=0))
        person.sync()
    assert people[3].group.rotate().done
    for person in everyone:
        person.sync()
    assert len(in_commits) == 10
    item = people[0].group.item("Need 7")
    people[0].group.pledge(item)
    people[0].sync()
    leaving = people.pop()
    assert layla.group.remove("Neighbour 9").done
    layla.group.post(Need(title="After", created=0))
    for person in (layla, leaving, *people, layla):
        person.taboon.sync(wait=30)
    expected = {"Bread", "After", *(f"Need {number}" for number in range(10))}
    for person in (layla, *people):
        assert person.titles() == expected
        assert next(one for one in person.group.board() if one.title == "Bread").note == LONG
    assert "After" not in leaving.titles()
    groups = [mls_group(person) for person in (layla, *people)]
    assert {group.suite.suite_id for group in groups} == {POST_QUANTUM.suite_id}
    assert len({group.epoch_authenticator for group in groups}) == 1
    for member in groups[0].members():
        content = LeafContent.decode(member.extension(LEAF_EXTENSION), POST_QUANTUM)
        assert len(content.sealing_key) == POST_QUANTUM.hpke.kem.public_length


def test_both_sides_compare_one_safety_code_and_the_joiner_makes_a_key_package_for_the_groups_suite(
    neighbourhood: Neighbourhood, layla: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[JoinRequestContent] = []
    real = messages.read_request

    def noting(invite: InvitePayload, body: bytes) -> JoinRequestContent:
        seen.append(real(invite, body))
        return seen[-1]

    monkeypatch.setattr(host, "read_request", noting)
    link = layla.group.invite().link
    assert InvitePayload.parse(link).suite == POST_QUANTUM
    sami = neighbourhood.person("Sami")
    joining = sami.taboon.join(link, me="Sami")
    layla.sync()
    (request,) = layla.group.requests()
    assert request.safety == joining.safety
    assert {mls.KeyPackage.decode(one.key_package).cipher_suite for one in seen} == {POST_QUANTUM.suite_id}


def test_a_group_made_without_asking_for_it_has_the_default_suite(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert InvitePayload.parse(layla.group.invite().link).suite == SUITE
    assert {mls_group(person).suite.suite_id for person in (layla, sami)} == {SUITE.suite_id}


def test_an_invite_that_names_another_suite_than_the_group_has_lets_nobody_in_and_ends_nothing(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    real = host.create_invite
    with monkeypatch.context() as patch:
        patch.setattr(host, "create_invite", lambda *found, **told: real(*found, **{**told, "suite": POST_QUANTUM}))
        (sami,) = ask(neighbourhood, layla, ["Sami"])
    with pytest.raises(NotAllowedError, match="not one that this group can take"):
        layla.group.approve("Sami")
    sami.sync()
    assert [one.state for one in sami.taboon.joinings()] == [JoiningState.WAITING]
    layla.group.post(Need(title="Life goes on", created=0))
    layla.sync()
    assert layla.group.status().state == "active"
    assert len(layla.group.members()) == 1


def test_what_is_too_large_for_a_message_is_refused_before_the_epoch_is_sealed(
    neighbourhood: Neighbourhood, layla: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(neighbourhood, layla, ["Sami"])
    with monkeypatch.context() as patch:
        patch.setattr(commits, "_LARGEST", 4_000)
        with pytest.raises(NotAllowedError, match="larger than a message may be"):
            layla.group.approve("Sami")
    layla.group.post(Need(title="Life goes on", created=0))
    layla.sync()
    assert layla.group.status().epoch == 0
    assert layla.group.approve("Sami").done
