"""A copy of a vault that is older than its leaf: whoever has it comes back on an admin's word alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import NotAllowedError
from tests.scenarios.test_keys import later, sync

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenarios.conftest import Neighbourhood

DAY = 86_400


def test_a_member_with_an_old_copy_comes_back_when_an_admin_approves(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    sync(sami, noor, layla)
    sami.taboon.close()
    shutil.copytree(sami.folder, tmp_path / "backup")
    sami.reopen()
    assert sami.group.rotate().done
    sync(layla, noor, sami)
    sami.taboon.close()
    shutil.rmtree(sami.folder)
    shutil.copytree(tmp_path / "backup", sami.folder)
    sami.reopen()
    for _ in range(3):
        sami.taboon.sync(wait=30)
    assert sami.group.status().state != "active"
    for person in (layla, noor):
        later(person, 3 * DAY)
        person.taboon.sync(wait=30)
        person.taboon.sync(wait=30)
    (request,) = layla.group.returns()
    assert request.identity == layla.group.member("Sami").identity
    with pytest.raises(NotAllowedError):
        noor.group.approve(noor.group.returns()[0].code)
    assert layla.group.approve(request.code).done
    for _ in range(3):
        layla.taboon.sync(wait=30)
        sami.taboon.sync(wait=30)
    assert sami.group.status().state == "active"
    assert layla.group.returns() == []
    assert len(layla.group.members()) == 3
