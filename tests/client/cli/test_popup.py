"""A pop-up relay as it is typed: used, shown, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.relay_process import RelayProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.cli.people import People


def test_a_group_goes_on_at_a_popup_relay_and_comes_home(people: People, tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as home, RelayProcess(tmp_path / "popup") as popup:
        people.found("amal", home.url)
        people.bring_in("amal", "basil")
        assert people.json("amal", "popup", "show", "Harbour")["popup"] is None
        home.kill()
        for name in ("amal", "basil"):
            used = people.json(name, "popup", "use", "Harbour", popup.url)
            assert used["popup"]["address"] == popup.url
            assert used["report"]["problem"] is None
        people.json("amal", "post", "Harbour", "need", "--title", "Water")
        assert [item["title"] for item in people.json("basil", "board", "Harbour")["items"]] == ["Water"]
        shown = people.type("basil", "status", "Harbour").out
        assert "pop-up relay" in shown
        assert popup.url in shown
        home.start()
        ended = people.type("basil", "popup", "end", "Harbour")
        assert "asked no more" in ended.out
        assert people.json("basil", "popup", "show", "Harbour")["popup"] is None


def test_a_popup_relay_that_does_not_answer_changes_nothing_and_says_so(people: People, tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as home:
        people.found("amal", home.url)
        refused = people.type("amal", "popup", "use", "Harbour", "http://127.0.0.1:9/", "--json").error
        assert "answer" in refused["message"] or "reach" in refused["message"]
        assert people.json("amal", "popup", "show", "Harbour")["popup"] is None
        mine = people.type("amal", "popup", "use", "Harbour", home.url, "--json").error
        assert "own relay" in mine["message"]
        none = people.type("amal", "popup", "end", "Harbour", "--json").error
        assert "uses no pop-up relay" in none["message"]
