"""The arguments that several commands take."""

from typing import Annotated

import typer

__all__ = ["GroupRef", "ItemRef", "MemberRef", "Nick", "Reason", "Yes"]

GroupRef = Annotated[str, typer.Argument(metavar="GROUP", help="The group: name, code, or the beginning of one.")]
ItemRef = Annotated[
    str, typer.Argument(metavar="ITEM", help="The item: its code (K7F2), or the beginning of its title.")
]
Nick = Annotated[
    str | None,
    typer.Option("--as", metavar="NICK", help="How you want to be called in this group. Not your real name."),
]
MemberRef = Annotated[str, typer.Argument(metavar="MEMBER", help="Who: name, tag, or the beginning of the name.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, if you want to say (-: input).")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
