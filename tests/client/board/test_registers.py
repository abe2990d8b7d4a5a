"""The registers: what people and the group are called, and telling equal names apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import (
    PEOPLE,
    SETTINGS,
    GroupName,
    Name,
    code_of,
    fingerprint,
    fold_group_name,
    fold_people,
    tags,
)
from tests.client.board.worlds import Device, digest, group_of, meet


def people(device: Device) -> dict[bytes, str]:
    return fold_people(device.board.graph(PEOPLE), device.board.counts)


def group_name(device: Device) -> str | None:
    return fold_group_name(device.board.graph(SETTINGS), device.board.counts)


def test_the_last_name_that_somebody_takes_is_theirs() -> None:
    amal, rami = group_of("amal", "rami")
    amal.post(Name(name="Amal"), PEOPLE)
    rami.post(Name(name="Rami"), PEOPLE)
    amal.post(Name(name="Umm Karim"), PEOPLE)
    meet(amal, rami)
    assert people(amal) == people(rami) == {amal.actor.identity: "Umm Karim", rami.actor.identity: "Rami"}


def test_nobody_names_somebody_else() -> None:
    amal, rami = group_of("amal", "rami")
    rami.actor.make("name", {"name": "Thief", "identity": amal.actor.identity}, place=PEOPLE, epoch=rami.epoch.epoch_id)
    rami.post(Name(name="Rami"), PEOPLE)
    assert amal.actor.identity not in people(rami)


def test_the_name_of_a_stranger_or_of_somebody_cut_off_is_not_taken() -> None:
    amal, rami = group_of("amal", "rami")
    rami.post(Name(name="Rami"), PEOPLE)
    amal.hear(rami)
    amal.commit(remove=[rami])
    rami.post(Name(name="Amal"), PEOPLE)
    amal.hear(rami)
    assert people(amal) == {rami.actor.identity: "Rami"}


def test_the_group_is_called_what_an_admin_said_last() -> None:
    amal, rami = group_of("amal", "rami")
    assert group_name(amal) is None
    amal.post(GroupName(name="Bakers"), SETTINGS)
    rami.post(GroupName(name="Rami's own"), SETTINGS)
    meet(amal, rami)
    assert group_name(amal) == group_name(rami) == "Bakers"
    amal.post(GroupName(name="Upper bakers"), SETTINGS)
    meet(amal, rami)
    assert group_name(amal) == group_name(rami) == "Upper bakers"


def test_only_names_that_look_alike_get_a_tag() -> None:
    one, two, three = digest("1"), digest("2"), digest("3")
    found = tags({one: "Amal", two: "Rami", three: "amal "})
    assert found == {one: code_of(fingerprint(one)), two: "", three: code_of(fingerprint(three))}
    assert len({found[one], found[three]}) == 2


def test_marks_letter_forms_and_invisible_characters_do_not_make_another_name() -> None:
    alike = ["محمد", "مُحَمَّد", "محمد\u200f", " م حمد", "ﻣﺤﻤﺪ"]
    found = tags({digest(name): name for name in alike})
    assert all(found.values())
    assert len(set(found.values())) == len(alike)


def test_a_tag_grows_until_it_is_nobody_elses() -> None:
    # Two keys whose fingerprints begin with the same 20 bits, found by search.
    seen: dict[str, bytes] = {}
    number = 0
    while True:
        identity = digest(f"grind {number}")
        code = code_of(fingerprint(identity))
        if code in seen:
            break
        seen[code] = identity
        number += 1
    found = tags({identity: "Amal", seen[code]: "Amal"})
    assert found[identity] != found[seen[code]]
    assert all(len(tag) > len(code) and tag.startswith(code) for tag in found.values())


@given(st.dictionaries(st.binary(min_size=32, max_size=32), st.text(max_size=6), max_size=12))
def test_name_and_tag_together_are_never_shared(names: dict[bytes, str]) -> None:
    found = tags(names)
    assert found.keys() == names.keys()
    assert len({(names[identity], tag) for identity, tag in found.items()}) == len(names)
