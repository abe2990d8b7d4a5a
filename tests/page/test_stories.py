"""What organizers do, as they would click it: two real pages, a real relay, both languages, a phone and a laptop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.page.conftest import MakePerson, Neighbours

PHONE = "+970599123456"
CHAT = f"""[24/11/2026, 08:01:12] Um Sami: Blankets for the school please, call {PHONE}
[24/11/2026, 08:02:40] Abu Ali: good morning everybody
[24/11/2026, 08:05:09] Rana: thank you all
"""
PLACE = "Olive street 5, third floor"


def test_insulin_is_posted_pledged_released_and_handed_over(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.post("Insulin", place=PLACE)
    basil.reads("Insulin").click()
    basil.sees("They are sealed to whoever posted this, the dispatch circle and whoever goes. You cannot open them.")
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    assert PLACE not in basil.page.content()
    layla.press("Release the details to them")
    layla.sees("The details are released to whoever goes.")
    basil.sees("Everybody in the group will see that you opened them.")
    assert PLACE not in basil.page.content()
    basil.press("Open the sealed details")
    basil.reads(PLACE)
    layla.reads(layla.say("%(name)s opened them", name="Basil"))
    basil.press("I have handed it over")
    layla.press("It has arrived")
    layla.sees("Noted: it has arrived.")


def test_two_pledge_the_same_while_offline_and_both_see_who_goes(neighbours: Neighbours) -> None:
    layla, basil, relay = neighbours
    layla.post("Gas cylinder")
    basil.reads("Gas cylinder").click()
    basil.sees("I can help")
    relay.kill()
    for one in (layla, basil):
        one.open_fold("I can help")
        one.press("Pledge")
        one.sees("You have pledged. Thank you.")
        one.sees("Offline: the relay did not answer.")
        one.waits_in_outbox()
    layla.press("Board")
    layla.reads("Gas cylinder")
    relay.start()
    for one in (layla, basil, layla):
        one.goes_to(f"/outbox?g={one.group_code()}")
        one.press("Try now")
        one.sees("Up to date.")
    told = []
    for one in (layla, basil):
        one.press("Board")
        one.reads("Gas cylinder").click()
        one.page.locator(".pledges li").nth(1).wait_for()
        told.append(one.page.locator(".pledges li strong").all_inner_texts())
    assert told[0] == told[1]
    assert len(told[0]) == 2


def test_a_pledge_that_nobody_keeps_lapses_and_can_be_contested(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.post("Baby formula")
    basil.reads("Baby formula").click()
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    layla.open_fold("They did not come …")
    layla.press("They did not come")
    layla.sees("Noted: this pledge has lapsed.")
    basil.press("I still stand by it")
    basil.sees("Noted: you still stand by it.")


def test_a_pasted_chat_is_looked_at_first_and_its_numbers_are_sealed(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    layla.goes_to(f"/import?g={layla.group_code()}")
    layla.fill("Or paste the text", CHAT)
    layla.press("Look at it first")
    layla.reads("Blankets for the school")
    layla.page.get_by_label("Blankets for the school").check()
    layla.press("Post what is ticked")
    layla.page.locator(".card", has_text="Blankets for the school").wait_for()
    assert PHONE not in layla.page.content()
    assert "good morning everybody" not in layla.page.content()
    layla.goes_to(f"/export?g={layla.group_code()}")
    layla.page.locator("#list", has_text="Blankets for the school").wait_for()
    assert PHONE not in layla.page.content()
    layla.press("Board")
    layla.reads("Blankets for the school").click()
    layla.press("Open the sealed details")
    layla.reads(PHONE)


def test_what_everybody_could_call_or_is_there_already_is_shown_before_it_is_posted(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    layla.post("Candles for the stairs")
    layla.press("Post")
    layla.fill("What is needed, in a few words", f"Candles for the stairs, call {PHONE}")
    layla.press("Post it")
    layla.sees("Numbers and addresses belong into the sealed details.")
    layla.fill("What is needed, in a few words", "Candles for the stairs")
    layla.press("Post it")
    layla.sees("This looks like what is there already:")
    other = "العربية" if layla.language.code == "en" else "English"
    layla.page.get_by_role("button", name=other, exact=True).click()
    layla.page.locator(f"html[lang={'ar' if layla.language.code == 'en' else 'en'}]").wait_for()
    layla._settle()
    assert layla.page.locator("#title").input_value() == "Candles for the stairs"
    layla.page.get_by_role("button", name="English" if layla.language.code == "en" else "العربية", exact=True).click()
    layla.page.locator(f"html[lang={layla.language.code}]").wait_for()
    layla._settle()
    layla.press("Post it")
    layla.press("Leave it so, and go on")
    layla.sees("Posted.")


def test_a_file_that_is_too_large_is_refused_and_nobody_is_put_out(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    layla.goes_to(f"/import?g={layla.group_code()}")
    chat = "31/12/2023, 21:15 - A: " + "bread " * 3_000_000
    layla.page.locator("#file").set_input_files({"name": "chat.txt", "mimeType": "text/plain", "buffer": chat.encode()})
    layla.press("Look at it first")
    layla.sees("This file is larger than 16 MiB: export the chat without media, or split it.")
    layla.press("Board")
    layla.sees("Post a need")


def test_who_cannot_go_gives_back_without_a_reason(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.post("A visit on Fridays", weekly=True)
    basil.reads("A visit on Fridays").click()
    basil.sees("It comes again")
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    basil.press("I cannot: give it back")
    basil.sees("You have given it back. Nobody needs a reason.")
    layla.page.locator(".standing-released").wait_for()


def test_who_rests_hands_over_what_they_hold_and_is_reminded_of_nothing(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    for title in ("Milk at dawn", "Her medicine"):
        layla.post(title)
        basil.press("Board")
        basil.reads(title).click()
        basil.press("Pledge")
        basil.sees("You have pledged. Thank you.")
    basil.open_fold("Remind somebody to ask again")
    basil.fill("What to ask", "Did it last?")
    basil.press("Remind")
    basil.sees("Somebody will be reminded to ask again.")
    basil.goes_to(f"/rest?g={basil.group_code()}")
    basil.page.get_by_label("Her medicine").uncheck()
    basil.press("Rest")
    basil.sees("Rest well. The others see what has become open, and nothing else.")
    layla.press("Board")
    layla.reads("Milk at dawn").click()
    layla.page.locator(".standing-released").wait_for()
    layla.press("Board")
    layla.reads("Her medicine").click()
    layla.page.locator(".standing-primary").wait_for()
    basil.goes_to(f"/follow-ups?g={basil.group_code()}")
    basil.sees("I am back")
    assert "Did it last?" not in basil.text()
    layla.goes_to(f"/follow-ups?g={layla.group_code()}")
    layla.reads("Did it last?")
    basil.goes_to(f"/rest?g={basil.group_code()}")
    basil.press("I am back")
    basil.sees("Good that you are back.")
    basil.goes_to(f"/follow-ups?g={basil.group_code()}")
    basil.reads("Did it last?")


def test_keys_are_rotated_and_everybody_sees_who_has_followed(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.press("People")
    layla.press("Rotate the keys")
    layla.sees("Your keys are fresh, and the group has a new epoch.")
    basil.post("After the rotation")
    layla.press("Board")
    layla.reads("After the rotation")
    layla.goes_to(f"/keys?g={layla.group_code()}")
    layla.page.locator("tr", has_text="Basil").get_by_text(layla.say("has followed")).wait_for()


def test_an_infiltrator_is_removed_with_a_report_and_reads_nothing_after(
    neighbours: Neighbours, person: MakePerson
) -> None:
    layla, _, _ = neighbours
    karim = person("karim", code=layla.language.code)
    layla.lets_in(karim, "Karim")
    layla.post("Old need", place=PLACE)
    karim.reads("Old need").click()
    karim.press("Pledge")
    layla.press("Release the details to them")
    karim.press("Open the sealed details")
    karim.reads(PLACE)
    layla.reads(layla.say("%(name)s opened them", name="Karim"))
    layla.press("People")
    layla.page.locator(".people li", has_text="Karim").locator("summary").click()
    layla.press("Remove %(name)s", name="Karim")
    layla.sees("Removed. What is said from now on cannot be read with their keys.")
    layla.goes_to(f"/keys?g={layla.group_code()}")
    layla.page.locator("section", has_text="Karim").get_by_role("link").first.click()
    layla.sees("Think of warning these households.")
    layla.reads("Old need")
    layla.post("After the removal")
    karim.press("Board")
    karim.page.locator("p.strip.problem").wait_for()
    assert "After the removal" not in karim.page.content()
