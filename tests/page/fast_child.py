"""The page's child process, with key slots that cost next to nothing."""

import pytest

from taboon_client.page.child import main
from tests.support import allow_fast_kdf

if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        allow_fast_kdf(patch)
        main()
