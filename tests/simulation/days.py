"""What kind of days a group lives through: how many they are, what breaks, who wishes ill. Drawn from the seed."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from random import Random

from tests.simulation.relay import Faults

__all__ = ["LIARS", "Days", "drawn"]

LIARS = ("noise", "rule", "path", "race", "forged", "twice", "approvals", "stale", "poison", "flood", "own")
"""What a member who wishes ill may do, each a function in `misdeeds.py`."""


@dataclass(frozen=True, slots=True)
class Days:
    """What one run is made of. Chances are of a hundred.

    Attributes:
        members: At the beginning.
        steps: Steps of the storm; each is some hours, and some devices do something in it.
        hours: Of a step, at most.
        admins: How many members are admins.
        approvals: How many admins an addition, a removal and a change of the rules need.
        dying: How many ends of steps and calls a device dies at.
        faults: Of the relay and the way to it.
        dark, dark_days: How often a device goes out of reach; for how many days at most.
        rotations: How many acts make new keys.
        removals, leaves, joins, devices: How many steps somebody is removed in, leaves, is invited, or links a device.
        risks: How many acts say of somebody that their device is at risk.
        loses_disk, rolls_back: How many steps the relay loses its disk in, or goes back to an old copy of it.
        restores: How many steps an old copy of somebody's vault is put back in.
        clocks: How many steps somebody's clock is set wrong in, by how many hours at most: `wrong`.
        popup: How many steps home goes away in, so that those in one place use a pop-up relay.
        liars: How many members wish ill.
        misdeeds: What these do.
        circle: Whether there is a circle.
    """

    members: int = 4
    steps: int = 20
    hours: int = 12
    admins: int = 1
    approvals: int = 1
    dying: int = 1
    faults: Faults = field(default_factory=lambda: Faults(unheard=3, unanswered=3, late=5, repeated=3))
    dark: int = 3
    dark_days: int = 3
    rotations: int = 15
    removals: int = 0
    leaves: int = 0
    joins: int = 0
    devices: int = 0
    risks: int = 0
    loses_disk: int = 0
    rolls_back: int = 0
    restores: int = 0
    clocks: int = 0
    wrong: int = 1
    popup: int = 0
    liars: int = 0
    misdeeds: tuple[str, ...] = ()
    circle: bool = False

    def __str__(self) -> str:
        """What these days are, as far as they are not like others."""
        usual = Days()
        said = [(one.name, getattr(self, one.name)) for one in fields(self)]
        return ", ".join(f"{name} {value}" for name, value in said if value != getattr(usual, name)) or "the usual days"


def drawn(seed: int) -> Days:
    """Return the kind of days of a seed: a few things go wrong in each, and over many seeds all together."""
    random = Random(f"days {seed}")

    def some(chance: int, *values: int) -> int:
        return random.choice(values) if random.randrange(100) < chance else 0

    members = random.choice((2, 3, 3, 4, 4, 5, 6, 8))
    liars = some(45, 1, 1, 2) if members > 3 else 0
    honest = members - liars
    admins = random.randint(1, honest)
    faults = Faults(
        unheard=random.choice((0, 3, 10)),
        unanswered=random.choice((0, 3, 10)),
        late=random.choice((0, 5, 20)),
        repeated=random.choice((0, 3, 10)),
        swallowed=some(20, 1, 3),
        replayed=some(20, 2),
    )
    days = Days(
        members=members,
        steps=random.choice((10, 15, 25)),
        hours=random.choice((3, 12, 12, 48)),
        admins=admins,
        approvals=random.randint(1, admins) if random.randrange(2) else 1,
        dying=random.choice((0, 1, 1, 3)),
        faults=faults,
        dark=random.choice((0, 3, 8)),
        dark_days=random.choice((2, 5, 45)),
        rotations=random.choice((5, 15, 40)),
        removals=some(40, 5, 15) if members > 2 else 0,
        leaves=some(20, 5),
        joins=some(40, 10, 25),
        devices=some(20, 10),
        risks=some(20, 5),
        loses_disk=some(15, 5),
        rolls_back=some(15, 5),
        restores=some(20, 5, 10),
        clocks=some(30, 10),
        wrong=random.choice((1, 6, 72)),
        popup=some(20, 15),
        liars=liars,
        misdeeds=tuple(sorted(random.sample(LIARS, random.randint(1, 4)))) if liars else (),
        circle=random.randrange(100) < 15,
    )
    return replace(days, dark_days=3) if days.dark_days > days.steps * days.hours else days
