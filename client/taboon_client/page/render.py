"""Fragments: templates filled in and escaped, in one of two languages. Nothing of a member's text is ever HTML."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from taboon_client.page.language import LANGUAGES, Language, language
from taboon_client.page.web import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["isolated", "render", "template_of", "visible", "warm_up"]

_HTML: Final = "text/html; charset=utf-8"
_ISOLATE: Final = "\N{FIRST STRONG ISOLATE}"
_END: Final = "\N{POP DIRECTIONAL ISOLATE}"
# What could turn the direction of text around it, where it is not isolated. The element around a text does that alone.
_DIRECTING: Final = frozenset(
    "\N{LEFT-TO-RIGHT EMBEDDING}\N{RIGHT-TO-LEFT EMBEDDING}\N{POP DIRECTIONAL FORMATTING}\N{LEFT-TO-RIGHT OVERRIDE}"
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{LEFT-TO-RIGHT ISOLATE}\N{RIGHT-TO-LEFT ISOLATE}" + _ISOLATE + _END
)
_BREAKS: Final = frozenset("\n\t")


def visible(text: str) -> str:
    """Return a member's text without control characters and without what overrides direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        sign
        for sign in text
        if sign in _BREAKS or (sign not in _DIRECTING and unicodedata.category(sign) not in {"Cc", "Cs"})
    )


def isolated(text: str) -> str:
    """Return a member's text for the middle of a sentence of ours: it cannot move what stands around it."""
    return f"{_ISOLATE}{visible(text)}{_END}"


def _says(text: str) -> Markup:
    """A member's words within a line."""
    return Markup('<bdi dir="auto">{}</bdi>').format(visible(text))


def _paragraph(text: str) -> Markup:
    """A member's words as lines of their own."""
    return Markup('<p class="said" dir="auto">{}</p>').format(visible(text))


@cache
def _environment(code: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("taboon_client.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    spoken = language(code)
    environment.install_gettext_translations(spoken.translations, newstyle=True)  # type: ignore[attr-defined] # added by the extension
    environment.filters |= {
        "says": _says,
        "paragraph": _paragraph,
        "number": spoken.number,
        "digits": spoken.digits,
        "ago": spoken.ago,
        "roughly": spoken.roughly,
        "moment": spoken.moment,
        "day": spoken.day,
        "date": spoken.date,
        "t": spoken.text,
    }
    environment.globals |= {"language": spoken, "dot": spoken.dot}
    return environment


def template_of(code: str, name: str, values: Mapping[str, Any]) -> str:
    """Return a template filled in."""
    return _environment(code).get_template(name).render(values)


def warm_up() -> None:
    """Compile every template in every language, so that the first screen does not wait for it."""
    for code in LANGUAGES:
        environment = _environment(code)
        for name in environment.list_templates():
            environment.get_template(name)


def render(spoken: Language, name: str, **values: Any) -> Answer:
    """Return a template filled in, as the answer to a request."""
    body = template_of(spoken.code, name, values).encode("utf-8", "replace")
    return Answer(body=body, type=_HTML, language=spoken.code)
