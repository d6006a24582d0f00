"""What commands say, and how they end."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NoReturn

import click

from codemods.review import text
from codemods.review.plain import shown_path, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codemods.cli.options import Common
    from codemods.model import Fault, Result

_PATIENCE = 1.0
_WIDTH = 30


class Progress:
    """A bar on the terminal, for runs that take more than a second."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._shown = False
        self._wanted = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Show how far the reading is."""
        if not self._wanted or time.monotonic() - self._start < _PATIENCE:
            return
        filled = _WIDTH * done // max(total, 1)
        click.echo(f"\r{'#' * filled}{'.' * (_WIDTH - filled)} {done}/{total} files", err=True, nl=False)
        self._shown = True

    def clear(self) -> None:
        """Take the bar away before anything else is said."""
        if self._shown:
            click.echo(f"\r{' ' * (_WIDTH + 40)}\r", err=True, nl=False)


def styled(words: str, name: str) -> str:
    """Text for a terminal."""
    return click.style(words, bold=True) if name == "bold" else click.style(words, fg=name)


def colourful(stream: object) -> bool:
    """Whether a stream is a terminal that wants colour."""
    return bool(getattr(stream, "isatty", lambda: False)()) and not os.environ.get("NO_COLOR")


def say_faults(faults: Iterable[Fault]) -> None:
    """One line a fault, on stderr."""
    for fault in faults:
        place = f"{shown_path(fault.path)}:{fault.line}" if fault.line else shown_path(fault.path)
        click.echo(f"{place}: error: {visible(fault.message)}", err=True)


def say_rest(result: Result, common: Common, *, summary: bool = True) -> None:
    """What goes to stderr besides the report: unused ignores, unresolved calls, the summary, the errors."""
    if common.verbose:
        for call in result.unresolved:
            click.echo(text.remark(call, "not resolved"), err=True)
        for path in result.stopped:
            click.echo(f"{shown_path(path)}: too much to follow here; some of it was left unknown", err=True)
    for comment in () if common.quiet else result.unused_ignores:
        click.echo(text.remark(comment, "nothing to ignore here"), err=True)
    for note in () if common.quiet else result.notes:
        click.echo(text.remark(note, "note"), err=True)
    if summary and not common.quiet:
        click.echo(text.summary(result), err=True)
    say_faults(result.faults)


def leave(result: Result, common: Common, *, pending: bool) -> NoReturn:
    """End with the exit code of the design: 2 for errors, 1 for something found, 0 otherwise."""
    if result.faults:
        sys.exit(2)
    sys.exit(1 if pending and not common.exit_zero else 0)
