"""The page's two languages: its own sentences from a catalogue, numbers, times and plurals as each writes them.

English stands in the templates and in the code; ``locale/ar.po`` has the Arabic (a test finds what is missing). Its
sentences wait for a native speaker's look.
"""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_day_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LANGUAGES", "N_", "Language", "language"]

LANGUAGES: Final = ("en", "ar")
_CATALOGUE: Final = Path(__file__).parent / "locale" / "ar.po"
_LOCALES: Final = {"en": Locale("en", "GB"), "ar": Locale("ar")}
_MOMENT: Final = 60
_HOUR: Final = 3_600
_ARABIC_DIGITS: Final = str.maketrans("0123456789%", "٠١٢٣٤٥٦٧٨٩٪")


def N_(message: str) -> str:  # noqa: N802 - the name that everybody who reads catalogues knows
    """Mark a sentence for the catalogue; it is translated where it is shown."""
    return message


class Language:
    """One language of the page."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.direction = "rtl" if code == "ar" else "ltr"
        # Between two parts of a line. Beside Arabic digits a dot in the middle would be read as a zero, a bar as a one.
        self.dot = "–" if code == "ar" else "·"
        self.comma = "، " if code == "ar" else ", "
        self._locale = _LOCALES[code]
        self.translations: NullTranslations = _arabic() if code == "ar" else NullTranslations()

    def text(self, message: str, **values: object) -> str:
        """Return a sentence of our own in this language, with values put in."""
        said = self.translations.gettext(message) if message else ""
        return said % values if values else said

    def knows(self, message: str) -> bool:
        """Tell whether a sentence from elsewhere can be said in this language."""
        return self.code == "en" or self.translations.gettext(message) != message

    def digits(self, text: str) -> str:
        """Return what we have written with this language's digits."""
        return text.translate(_ARABIC_DIGITS) if self.code == "ar" else text

    def number(self, number: float) -> str:
        """Return a number as it is written."""
        system = "arab" if self.code == "ar" else "latn"
        return self.digits(format_decimal(number, locale=self._locale, numbering_system=system))

    def ago(self, seconds: int, now: int) -> str:
        """Return how long ago something was, or how long until it is."""
        if abs(seconds - now) < _MOMENT:
            return self.text(N_("just now"))
        passed = timedelta(seconds=seconds - now)
        return self.digits(format_timedelta(passed, add_direction=True, threshold=1.5, locale=self._locale))

    def roughly(self, seconds: int, now: int) -> str:
        """Return how long ago something was of which only the hour is kept."""
        if 0 <= now - seconds < _HOUR:
            return self.text(N_("within the hour"))
        return self.ago(seconds, now)

    def listed(self, words: Iterable[str]) -> str:
        """Return several words as one list."""
        return self.comma.join(words)

    def moment(self, seconds: int) -> str:
        """Return a point in time in this device's time zone."""
        shown = datetime.fromtimestamp(seconds).astimezone()
        hour = format_time(shown, "short", tzinfo=shown.tzinfo, locale=self._locale)
        return self.digits(f"{format_date(shown, 'medium', locale=self._locale)} {hour}")

    def day(self, seconds: int) -> str:
        """Return the day of a point in time."""
        return self.digits(format_date(datetime.fromtimestamp(seconds).astimezone(), "medium", locale=self._locale))

    def date(self, day: str) -> str:
        """Return a ``YYYY-MM-DD`` as it is written, with the day of the week; what is none stays as it is."""
        try:
            found = date.fromisoformat(day)
        except ValueError:
            return self.digits(day)
        return self.digits(
            f"{format_date(found, 'EEE', locale=self._locale)} {format_date(found, 'medium', locale=self._locale)}"
        )

    @property
    def weekdays(self) -> list[str]:
        """What the days of the week are called, Monday first."""
        names = get_day_names("wide", locale=self._locale)
        return [names[at] for at in range(7)]

    @property
    def week(self) -> tuple[int, ...]:
        """The days of the week in the order in which they are read, 0 for Monday: in Arabic it begins on Saturday."""
        return (5, 6, 0, 1, 2, 3, 4) if self.code == "ar" else (0, 1, 2, 3, 4, 5, 6)

    def spoken(self, code: str) -> str:
        """Return what a language is called, by its code; one that nobody knows stays as it is."""
        return str(self._locale.languages.get(code, code))


def _arabic() -> GNUTranslations:
    with _CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="ar")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def language(code: str) -> Language:
    """Return one of :data:`LANGUAGES`; English for any other code."""
    return Language(code if code in LANGUAGES else "en")
