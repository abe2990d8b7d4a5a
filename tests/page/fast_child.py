"""The page's child process, with key slots that cost next to nothing, and looking for requests to join more often."""

import pytest

from taboon_client.page import house
from taboon_client.page.child import main
from tests.support import allow_fast_kdf

if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        allow_fast_kdf(patch)
        patch.setattr(house, "_ASK", 0.2)
        main()
