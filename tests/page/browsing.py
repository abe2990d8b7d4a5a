"""People with a vault, a page and a window of a real browser each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext
from playwright.sync_api import TimeoutError as WaitedTooLongError

from taboon_client.blocking import Taboon
from taboon_client.page.language import language
from tests.page.running import PageProcess
from tests.page.seeding import elsewhere
from tests.support import PASSPHRASE, allow_fast_kdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page, Playwright, Request

    from taboon_client.blocking import Group
    from taboon_client.page.language import Language

__all__ = ["NARROW", "WIDE", "Person", "start_browser", "start_with_profile"]

NARROW = (360, 740)
WIDE = (1280, 900)

_MISSING = "no Chromium is here, which the tests of the local page drive. Get it with: sudo apt install chromium"
_QUIET = (
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-first-run", "--disable-quic", "--host-resolver-rules=MAP evil.example 127.0.0.1"),
)


def chromium() -> str:
    """Return where the browser is; without one the tests are skipped, and fail in CI."""
    found = os.environ.get("TABOON_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    found = found or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    return found


def start_browser(playwright: Playwright) -> Browser:
    """Start the machine's own Chromium."""
    return playwright.chromium.launch(executable_path=chromium(), args=list(_QUIET), chromium_sandbox=_sandboxed())


def start_with_profile(playwright: Playwright, profile: Path) -> BrowserContext:
    """Start one that keeps what it keeps in a folder, as a person's does."""
    return playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium(), args=list(_QUIET), chromium_sandbox=_sandboxed()
    )


def _sandboxed() -> bool:
    # Its sandbox refuses to work for root, as CI often is.
    return os.name != "posix" or os.getuid() != 0


# A screen that somebody has left stays until the next one is there: what is on it is looked for no more.
_LEAVING = """document.addEventListener("click", (event) => {
  if (event.target.closest("[data-go]")) document.querySelector("main")?.setAttribute("data-left", "");
}, true)"""


def _window(browser: Browser, code: str, size: tuple[int, int]) -> BrowserContext:
    return browser.new_context(locale=code, viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")


class Person:
    """Somebody at their own page. Everything is done as a person would: by what stands on the screen."""

    def __init__(
        self,
        browser: Browser | BrowserContext,
        folder: Path,
        *,
        code: str = "en",
        size: tuple[int, int] = NARROW,
    ) -> None:
        self.folder = folder
        self.language: Language = language(code)
        self.process = PageProcess(folder)
        self._context = browser if isinstance(browser, BrowserContext) else _window(browser, code, size)
        self._context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.process.url.rstrip("/"))
        self.faults: list[str] = []
        self.watched = True
        self._context.on("request", self._asked)
        self._context.add_init_script(_LEAVING)
        self.page: Page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("dialog", lambda dialog: self.faults.append(f"a dialog: {dialog.message}"))
        self.page.goto(f"{self.process.url}#{self.process.code.replace('-', '')}")

    def _asked(self, request: Request) -> None:
        """Nothing may ever be asked of another host."""
        if self.watched and not request.url.startswith((self.process.url, "blob:")):
            self.faults.append(f"asked {request.url}")

    def say(self, message: str, **values: object) -> str:
        """Return what a sentence of the page is in this person's language."""
        return self.language.text(message, **values)

    def meets(self, other: Person, relay: str) -> None:
        """Open a group and let somebody in; the safety codes are the same."""
        self.found_group(relay, "Harbour", "Layla")
        self.lets_in(other, "Basil")
        self.press("Board")

    def lets_in(self, other: Person, name: str) -> None:
        """Invite somebody, compare the safety codes, let them in."""
        theirs = other.ask_to_join(self.invite(), name)
        assert self.let_in() == theirs
        other.reads("Harbour").click()
        other.sees("Post a need")
        read = self.page.get_by_role("button", name=self.say("I have read it"))
        if read.count():
            read.click()

    def make_vault(self) -> None:
        """Make the vault."""
        self.fill("Passphrase", PASSPHRASE)
        self.fill("Once more", PASSPHRASE)
        self.press("Make the vault")
        self.sees("Your groups")

    def unlock(self) -> None:
        """Type the passphrase at the lock screen."""
        self.fill("Passphrase", PASSPHRASE)
        self.press("Open")

    def fill(self, label: str, text: str) -> None:
        """Fill a field in."""
        self._settle()
        self.page.get_by_label(self.say(label), exact=True).first.fill(text)

    def fill_starting(self, label: str, text: str) -> None:
        """Fill in a field whose label holds somebody's name, which stands apart from the rest."""
        before = self.say(label).partition("%(")[0].strip()
        self.page.get_by_label(re.compile(f"^{re.escape(before)}")).first.fill(text)

    def press(self, button: str, **values: object) -> None:
        """Press a button or follow a link."""
        self._settle()
        self.button(button, **values).first.click()

    def _settle(self) -> None:
        """Wait until the screen that was asked for is there, and what was sent is done."""
        self.page.locator("main[data-left], form[aria-busy]").first.wait_for(state="detached")

    def button(self, button: str, **values: object) -> Locator:
        """Return the button or link of this name."""
        said = self.say(button, **values)
        return self.page.get_by_role("button", name=said, exact=True).or_(
            self.page.get_by_role("link", name=said, exact=True)
        )

    def sees(self, text: str, **values: object) -> Locator:
        """Wait until a sentence of the page is on the screen."""
        return self.reads(self.say(text, **values))

    def reads(self, text: str) -> Locator:
        """Wait until somebody's words are on the screen."""
        return self.reads_one_of(text)

    def reads_one_of(self, *texts: str) -> Locator:
        """Wait until one of several texts is on the screen."""
        self._settle()
        found = self.page.get_by_text(re.compile("|".join(map(re.escape, texts)))).first
        try:
            found.wait_for()
        except WaitedTooLongError as error:
            raise AssertionError(f"“{texts}” is not on the screen, but: {self.text()} {self.faults}") from error
        return found

    def open_fold(self, name: str) -> None:
        """Open what is folded away, if it is."""
        self._settle()
        summary = self.page.locator("summary", has_text=self.say(name)).first
        if summary.evaluate("one => !one.parentElement.open"):
            summary.click()

    def text(self) -> str:
        """Return everything that is on the screen."""
        return str(self.page.evaluate("document.body.innerText"))

    def found_group(self, relay: str, name: str, me: str) -> None:
        """Open a group."""
        self.press("Open a group")
        self.fill("What the group is called", name)
        self.fill("What you are called there", me)
        self.fill("Address of the relay", relay)
        self.press("Open the group")
        self.sees("Post a need")

    def invite(self) -> str:
        """Make an invite and return its link."""
        self.press("People")
        self.press("Make an invite")
        self.sees("Copy the link")
        return str(self.page.locator("#link").text_content())

    def ask_to_join(self, link: str, me: str) -> str:
        """Ask to join, and return the safety code on the screen."""
        self.press("Join a group")
        self.fill("The invite link that you were given", link)
        self.fill("What you are called there", me)
        self.press("Ask to join")
        self.sees("Waiting to be let in")
        return self.safety_code()

    def safety_code(self) -> str:
        """Return the digits of the safety code on the screen."""
        self.open_fold("The same code in other ways")
        return str(self.page.locator(".words[dir=ltr]").last.text_content())

    def let_in(self) -> str:
        """Wait for somebody who asks to join, let them in, and return the safety code that was compared."""
        self.press("People")
        self.sees("We have compared it, and it is the same.")
        code = self.safety_code()
        self.page.get_by_label(self.say("We have compared it, and it is the same.")).check()
        self.press("Let them in")
        # A slow machine says the other one: it is done a moment later.
        said = (
            self.say(one) for one in ("Let in.", "Saved. It is done when the relay has it, and until then it is not.")
        )
        self.reads_one_of(*said)
        return code

    def makes_admin(self, name: str, *, admin: bool) -> None:
        """Make somebody an admin, or take the role from them."""
        self.goes_to(f"/rules?g={self.group_code()}")
        self.sees("Rules and admins")
        self.page.locator("form[data-to='/admins']").get_by_label(name).set_checked(admin)
        self.press("Change the admins")
        self.sees("The admins are changed.")

    def post(self, title: str, *, place: str = "", weekly: bool = False) -> None:
        """Post a need."""
        self.press("Post")
        self.fill("What is needed, in a few words", title)
        if place:
            self.open_fold("Sealed details: who, where, phone")
            self.fill("The exact place", place)
        if weekly:
            self.open_fold("More, if you like")
            self.page.get_by_label(self.say("Comes again")).select_option("FREQ=WEEKLY")
            self.page.get_by_label(self.say("The first day")).fill("2026-11-27")
        self.press("Post it")
        # What looks alike is there from other stories.
        posted, sure = self.page.get_by_text(self.say("Posted.")), self.button("Leave it so, and go on")
        posted.or_(sure).first.wait_for()
        if sure.count():
            sure.click()
        self.sees("Posted.")

    def waits_in_outbox(self) -> None:
        """Wait until the strip says that something is saved here and not yet sent."""
        self.page.locator(".strip.outbox").wait_for()

    def goes_to(self, path: str) -> None:
        """Go where a link on the screen leads, without looking for it: for the screens that a story is not about."""
        self.page.evaluate(
            "path => { const a = document.createElement('a'); a.dataset.go = path;"
            " document.querySelector('main').append(a); a.click(); }",
            path,
        )
        self._settle()

    def group_code(self) -> str:
        """Return what the page calls the group on the screen by."""
        (code,) = {
            one.partition("g=")[2].partition("&")[0]
            for one in self.page.locator(".tabs a").evaluate_all("all => all.map((one) => one.dataset.go)")
        }
        return str(code)

    def through_library(self, act: Callable[[Group], object]) -> None:
        """Do something in the same vault by the library, as a second program would, and send it."""
        elsewhere(lambda: self._in_library(act))

    def _in_library(self, act: Callable[[Group], object]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            allow_fast_kdf(patch)
            with Taboon.open(PASSPHRASE, self.folder) as taboon:
                group = taboon.groups()[0]
                act(group)
                group.sync()

    def lock_elsewhere(self) -> None:
        """Lock with `taboon lock`, in another process."""
        subprocess.run(
            [sys.executable, "-m", "tests.page.fast_open", "lock"],
            env=os.environ | {"TABOON_HOME": str(self.folder)},
            check=True,
            capture_output=True,
        )

    def screens(self) -> list[tuple[str, str]]:
        """Return the path of every screen of a group that needs nothing else, and its heading."""
        from taboon_client.page.screens.more import ENTRIES

        beside = (("/people", "People"), ("/devices", "Your devices"), ("/circles", "Circles"), ("/more", "More"))
        return [(path, self.say(name)) for path, name in (*beside, *((path, name) for path, name, _ in ENTRIES))]

    def close(self) -> None:
        """Close the window and the page's processes."""
        self._context.close()
        self.process.close()
