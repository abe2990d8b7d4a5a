"""What the commands that do something about one item have in common."""

from typing import TYPE_CHECKING

from taboon_client.cli import shapes, terminal
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.people import People
from taboon_client.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.blocking import Group
    from taboon_client.board.item import Item, ItemPledge

__all__ = ["act", "pledge_by"]


def act(
    errand: Errand,
    group: str,
    ref: str,
    do: "Callable[[Group, Item], Item]",
    said: "Callable[[Item, People], str]",
    then: "Callable[[Item, People], str] | None" = None,
) -> Answer:
    """Find the item, do it, send it, and answer with what the item is then.

    Args:
        errand: The command at work.
        group: As it was typed.
        ref: The item, as it was typed.
        do: Does it.
        said: What was done, in words of ours.
        then: What can be done next; nothing if it is empty.
    """
    place = errand.group(group)
    done = do(place, place.item(ref))
    errand.send(place)
    # What came in meanwhile may have changed who is primary.
    done = place.item(done.id)
    people = People(place)
    code = people.code(done)

    def show() -> None:
        terminal.say(f"#{code}  {said(done, people)}: {terminal.member(done.title)}")
        if then is not None and (more := then(done, people)):
            terminal.hint(more)

    return Answer({"group": shapes.group_ref(place), "item": shapes.item(done, people)}, show)


def pledge_by(place: "Group", item: "Item", member: str) -> "ItemPledge":
    """Return the pledge of a member on an item, the one that holds before others.

    Raises:
        NotFoundError: They have none there, or nobody is called so.
    """
    from taboon_client.library.finding import one_member

    one = one_member(list(place.people().values()), member)
    found = next((pledge for pledge in item.pledges if pledge.author == one.identity), None)
    if found is None:
        raise NotFoundError("pledge", f"they have no pledge on #{item.code}. “taboon show” lists who has")
    return found
