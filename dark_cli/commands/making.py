"""How commands are declared: click's decorators, with the options that all commands share.

Must not know any one command. Invariants: `--json`, `--canvas` and `--as` work on each command, before or after its
words; a word of `-` and a digit is a number, never an option; help goes where the command's output goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from dark_cli.workspace import current

F = TypeVar("F", bound=Callable[..., Any])


def _show_help(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        current.get().print(context.get_help())
        context.exit()


def _take_json(_context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        current.get().json = True


def _take_canvas(_context: click.Context, _parameter: click.Parameter, folder: str | None) -> None:
    if folder:
        current.get().override = folder


def _take_author(_context: click.Context, _parameter: click.Parameter, author: str | None) -> None:
    if author:
        current.get().author = author


def _common_options() -> list[click.Parameter]:
    return [
        click.Option(["--json"], is_flag=True, expose_value=False, callback=_take_json, help="Answer as JSON."),
        click.Option(["--canvas"], metavar="DIR", expose_value=False, hidden=True, callback=_take_canvas),
        click.Option(["--as"], metavar="AUTHOR", expose_value=False, hidden=True, callback=_take_author),
    ]


class Command(click.Command):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_common_options()]

    def get_help_option(self, _ctx: click.Context) -> click.Option | None:
        return _help_option()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, numbers_apart(self.params, args))


class Group(click.Group):
    command_class = Command

    def get_help_option(self, _ctx: click.Context) -> click.Option | None:
        return _help_option()


def _help_option() -> click.Option:
    return click.Option(
        ["--help", "-h"], is_flag=True, is_eager=True, expose_value=False, callback=_show_help, help="Show this."
    )


def is_number(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and word[1].isdigit()


def numbers_apart(parameters: list[click.Parameter], words: list[str]) -> list[str]:
    """The same command with all options first, then `--`, then the plain words, if one of those is a number below 0.

    click would take `-1` for an option. Telling it "unknown options are words" instead would let a misspelt option
    pass as one.
    """
    if not any(is_number(word) for word in words):
        return words
    values = {
        name: parameter.nargs
        for parameter in parameters
        if isinstance(parameter, click.Option) and not parameter.is_flag and not parameter.count
        for name in parameter.opts
    }
    options: list[str] = []
    plain: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            plain.extend(rest)
        elif word == "-" or not word.startswith("-") or is_number(word):
            plain.append(word)
        else:
            options.append(word)
            for _ in range(values.get(word, 0)):
                options.extend(value for value in (next(rest, None),) if value is not None)
    return [*options, "--", *plain]


def command(name: str, **settings: Any) -> Callable[[Callable[..., Any]], Command]:
    """`@command("fill")` above click's own `@click.argument` and `@click.option`. The function gets the Workspace
    first, if `@click.pass_obj` stands directly above it."""
    return click.command(name, cls=Command, **settings)


def group(name: str, **settings: Any) -> Callable[[Callable[..., Any]], Group]:
    return click.group(name, cls=Group, **settings)


def edit_options(function: F) -> F:
    """`--dry-run`, `--strict` and `--expect`, which land in `workspace.guards`, where `editing.edit` finds them."""
    for name, settings in reversed(_EDIT_OPTIONS):
        function = click.option(name, expose_value=False, callback=_take_guard, **settings)(function)
    return function


in_place_option = click.option(
    "--in-place",
    is_flag=True,
    expose_value=False,
    callback=lambda context, parameter, value: _take_guard(context, parameter, value),
    help="Change a function's parameters or result for all who call it, and keep no older version.",
)
"""For edits that may change what a function takes or gives."""


def _take_guard(_context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        setattr(current.get().guards, str(parameter.name), value)


_EDIT_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--dry-run", {"is_flag": True, "help": "Show what would happen; change nothing."}),
    ("--strict", {"is_flag": True, "help": "Refuse if a hole or a mark results."}),
    ("--expect", {"metavar": "DIFF", "help": "Refuse if what it touches changed since that diff."}),
)
