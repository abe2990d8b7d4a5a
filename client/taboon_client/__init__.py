"""The Taboon client: end-to-end encrypted coordination for mutual aid, through a relay that learns nothing.

    Taboon, Group          the library, async (taboon_client.library)
    blocking               the same without async
    board                  items, and what members can do to them
    values                 what the library hands out
    errors                 one root: TaboonError

Importing this package loads no HTTP and no event loop.
"""

from taboon_client.board import Item, Line, Need, Offer
from taboon_client.errors import TaboonError
from taboon_client.library import Group, Taboon

__all__ = ["Group", "Item", "Line", "Need", "Offer", "Taboon", "TaboonError"]
