"""The arguments that several commands take."""

from typing import Annotated

import typer

__all__ = ["GroupRef", "ItemRef", "Nick", "Yes"]

GroupRef = Annotated[str, typer.Argument(metavar="GROUP", help="The group: name, code, or the beginning of one.")]
ItemRef = Annotated[
    str, typer.Argument(metavar="ITEM", help="The item: its code (K7F2), or the beginning of its title.")
]
Nick = Annotated[
    str | None,
    typer.Option("--as", metavar="NICK", help="How you want to be called in this group. Not your real name."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
