"""The board's pure heart: events in, items and registers out. No I/O, no clock, no storage.

    event       one signed event: make, read
    kinds       typed bodies, one class for each kind (fields, openings, deeds, register_kinds)
    graph       the events of one place: what is ready, how deep, what is missing, whom a new one stands on
    authors     running numbers: gaps, doubles, reach-back
    epochs      who was in each epoch, with which roles; cuts
    history     all of them: which events count
    item        one item as values, and how it is stored
    item_fold   what the events of an item come to (item_life, item_talk: each event; pledging: who goes)
    explain     who goes and why, as messages; sentences: what they say
    freshness   when an item grows stale, and when it is deleted
    recurrence  the days of what comes again
    details     what sealed details say once they are open
    registers   the folds of the people and the settings
    vocabulary  the group's categories, areas and questions; taxonomy: what every group starts with
    asking      which questions are asked of a post, and which answers are sealed
    codes       short codes that people say

A board is made like this: read every event, put it into the graph of its ``home`` and its link into the authors; take
``judge = history.judge_by(authors.link)``; fold each graph with it. After a new event only its own place is folded
again. After a commit: the places of the authors that it cuts, and of events that stated its epoch before it was known.
After a new link of an author who was ever cut: all places of that author.
"""

from taboon_client.board.authors import Authors, Gap, Link
from taboon_client.board.codes import code_of, read_code, shortest_codes
from taboon_client.board.details import Contact, Details, PrivateNote, SealedAnswer
from taboon_client.board.epochs import ADMIN, DISPATCH, Cut, EpochChange, EpochRecord
from taboon_client.board.event import Event, event_name
from taboon_client.board.fields import Answer, Consent, Hours, Household
from taboon_client.board.freshness import Freshness, Keep, Times
from taboon_client.board.graph import Graph
from taboon_client.board.history import History, Judge, Standing
from taboon_client.board.item import (
    CLOSED,
    Item,
    ItemComment,
    ItemFollowUp,
    ItemLine,
    ItemOpened,
    ItemOutcome,
    ItemPledge,
    ItemRound,
    PledgeStanding,
    Status,
)
from taboon_client.board.item_fold import ItemFold, fold, thread
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
from taboon_client.board.openings import LoanOffer, StandingOffer
from taboon_client.board.registers import (
    AREAS,
    PEOPLE,
    QUESTIONS,
    REGISTERS,
    SETTINGS,
    TAXONOMY,
    fingerprint,
    fold_group_name,
    fold_keep,
    fold_people,
    tags,
)
from taboon_client.board.taxonomy import CATEGORIES, SUBCATEGORIES, Category, category

__all__ = [
    "ADMIN", "AREAS", "CATEGORIES", "CLOSED", "DISPATCH", "PEOPLE", "QUESTIONS", "REGISTERS", "SETTINGS",
    "SUBCATEGORIES", "TAXONOMY", "Answer", "Authors", "Body", "Category", "Comment", "Confirm", "Consent", "Contact",
    "Cut", "Deliver", "Details", "EpochChange", "EpochRecord", "Event", "Freshness", "Gap", "Graph", "GroupName",
    "History", "Hours", "Household", "Item", "ItemComment", "ItemFold", "ItemFollowUp", "ItemLine", "ItemOpened",
    "ItemOutcome", "ItemPledge", "ItemRound", "Judge", "Keep", "Line", "Link", "LoanOffer", "Name", "Need", "Offer",
    "Opening", "Pledge", "PledgeStanding", "PrivateNote", "Release", "SealedAnswer", "Standing", "StandingOffer",
    "Status", "Times", "Withdraw", "category", "code_of", "event_name", "fingerprint", "fold", "fold_group_name",
    "fold_keep", "fold_people", "from_body", "read_code", "shortest_codes", "tags", "thread", "to_body",
]  # fmt: skip
