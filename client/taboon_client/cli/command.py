"""Making a function a command: its place in Typer, the options that all share, and how it ends.

A command is a function that gets an :class:`Errand` and its own arguments and returns an :class:`Answer`.
"""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Concatenate, Final, ParamSpec

import typer

from taboon_client.cli import terminal
from taboon_client.cli.errand import SYNC_SECONDS, Answer, Errand, Room
from taboon_client.cli.exits import Exit, exit_for
from taboon_client.errors import AmbiguousError, TaboonError

__all__ = ["command", "end_with_error", "end_with_failure"]

_COMMIT_SECONDS: Final = 10.0

_Parameters = ParamSpec("_Parameters")

# --- ending


def end_with_error(error: TaboonError, *, as_json: bool) -> typer.Exit:
    """Say what went wrong and return the exit to raise."""
    choices = error.choices if isinstance(error, AmbiguousError) else ()
    return _end(exit_for(error), str(error), choices, as_json=as_json)


def end_with_failure(error: Exception, *, as_json: bool) -> typer.Exit:
    """Say in one line, without any content, that Taboon itself is at fault, and return the exit to raise."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        if name.startswith("taboon_"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    what = f"this is a fault in Taboon, not in what you did: {type(error).__name__} at {place}"
    return _end(Exit.FAILURE, f"{what}. Please tell the project this line; nothing of yours is in it", as_json=as_json)


def _end(code: Exit, message: str, choices: Sequence[str] = (), *, as_json: bool) -> typer.Exit:
    if as_json:
        told: dict[str, object] = {"code": int(code), "kind": code.kind, "message": message}
        if choices:
            told["choices"] = list(choices)
        terminal.answer_json({"error": told})
    else:
        terminal.hint(terminal.sentence(message))
        for choice in choices:
            terminal.hint(f"    {terminal.member(choice)}")
    return typer.Exit(code)


# --- registering

_Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON object.")]
_Offline = Annotated[
    bool, typer.Option("--offline", help="Leave the relay alone: answer from the vault, save for later.")
]
_Wait = Annotated[
    float, typer.Option("--wait", min=0.0, max=600.0, metavar="SECONDS", help="Wait for the relay at most.")
]
_PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Read the passphrase from a file's first line (-: input)."),
]


def _shared(*, relay: bool, commit: bool) -> list[inspect.Parameter]:
    options: list[tuple[str, Any, object]] = [("as_json", _Json, False)]
    if relay:
        options += [("offline", _Offline, False), ("wait", _Wait, _COMMIT_SECONDS if commit else SYNC_SECONDS)]
    options.append(("passphrase_file", _PassphraseFile, None))
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default in options
    ]


def command(
    app: typer.Typer, name: str, *, examples: Sequence[str], relay: bool = True, commit: bool = False
) -> Callable[
    [Callable[Concatenate[Errand, _Parameters], Answer | None]],
    Callable[Concatenate[Errand, _Parameters], Answer | None],
]:
    """Register a function as a command.

    Args:
        app: Where it belongs.
        name: What people type.
        examples: Lines that ``--help`` shows.
        relay: Whether it has anything to do with the relay, and so ``--offline`` and ``--wait``.
        commit: Whether it makes a commit or waits for an answer, and so waits longer.
    """

    def register(
        function: Callable[Concatenate[Errand, _Parameters], Answer | None],
    ) -> Callable[Concatenate[Errand, _Parameters], Answer | None]:
        own = inspect.signature(function, eval_str=True)
        _, *parameters = own.parameters.values()
        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        shared = _shared(relay=relay, commit=commit)

        def run(context: typer.Context, **arguments: Any) -> None:
            given = {one.name: arguments.pop(one.name) for one in shared}
            _run(function, _room(context), given, arguments)

        run.__doc__ = function.__doc__
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined] # what inspect documents
            [context, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters), *shared]
        )
        run.__annotations__ = {one.name: one.annotation for one in [context, *parameters, *shared]}
        app.command(name, epilog=_epilog(examples))(run)
        return function

    return register


def _room(context: typer.Context) -> Room:
    return context.obj if isinstance(context.obj, Room) else Room()


def _run(function: Callable[..., Answer | None], room: Room, given: dict[str, Any], arguments: dict[str, Any]) -> None:
    as_json = bool(given["as_json"])
    try:
        with Errand(room, **given) as errand:
            answer = function(errand, **arguments)
            if answer is not None:
                errand.answer(answer)
    except TaboonError as error:
        raise end_with_error(error, as_json=as_json) from None
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except (KeyboardInterrupt, EOFError):
        raise _end(Exit.INTERRUPTED, "stopped: what was saved stays saved", as_json=as_json) from None
    except Exception as error:  # noqa: BLE001 - nobody who needs help at night should be shown a traceback
        raise end_with_failure(error, as_json=as_json) from None


def _epilog(examples: Sequence[str]) -> str:
    # \b keeps Click from filling these lines into a paragraph.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in examples)])
