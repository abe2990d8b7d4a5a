"""The board's pure heart: events in, items and registers out. No I/O, no clock, no storage.

    event       one signed event: make, read
    kinds       typed bodies, one class for each kind
    graph       the events of one place: what is ready, how deep, what is missing, whom a new one stands on
    authors     running numbers: gaps, doubles, reach-back
    history     epochs, rosters and cuts: which events count
    item        one item as values, and how it is stored
    item_fold   what the events of an item come to
    registers   the folds of the people and the settings
    taxonomy    the categories that every group starts with
    codes       short codes that people say

A board is made like this: read every event, put it into the graph of its ``home`` and its link into the authors; take
``judge = history.judge_by(authors.link)``; fold each graph with it. After a new event only its own place is folded
again. After a commit: the places of the authors that it cuts, and of events that stated its epoch before it was known.
After a new link of an author who was ever cut: all places of that author.
"""

from taboon_client.board.authors import Authors, Gap, Link
from taboon_client.board.codes import code_of, read_code, shortest_codes
from taboon_client.board.event import Event, event_name
from taboon_client.board.graph import Graph
from taboon_client.board.history import ADMIN, Cut, EpochRecord, History, Judge, Standing
from taboon_client.board.item import Item, ItemComment, ItemLine, ItemPledge, PledgeStanding, Status
from taboon_client.board.item_fold import fold, thread
from taboon_client.board.kinds import (
    Body,
    Comment,
    Confirm,
    Deliver,
    GroupName,
    Line,
    Name,
    Need,
    Offer,
    Opening,
    Pledge,
    Release,
    Withdraw,
    from_body,
    to_body,
)
from taboon_client.board.registers import PEOPLE, SETTINGS, fingerprint, fold_group_name, fold_people, tags
from taboon_client.board.taxonomy import CATEGORIES, Category, category

__all__ = [
    "ADMIN", "CATEGORIES", "PEOPLE", "SETTINGS", "Authors", "Body", "Category", "Comment", "Confirm", "Cut", "Deliver",
    "EpochRecord", "Event", "Gap", "Graph", "GroupName", "History", "Item", "ItemComment", "ItemLine", "ItemPledge",
    "Judge", "Line", "Link", "Name", "Need", "Offer", "Opening", "Pledge", "PledgeStanding", "Release", "Standing",
    "Status", "Withdraw", "category", "code_of", "event_name", "fingerprint", "fold", "fold_group_name", "fold_people",
    "from_body", "read_code", "shortest_codes", "tags", "thread", "to_body",
]  # fmt: skip
