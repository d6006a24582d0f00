"""The command line: the only floor that prints or exits.

Commands are loaded when they are called, so that `--help` and `--version` wait for nothing.
"""

from __future__ import annotations

import errno
import gc
import importlib
import io
import os
import sys
import traceback
from difflib import get_close_matches

import click

from codemods import __version__

_COMMANDS = {
    "apply": "Write the fixes, all files or none.",
    "bulk": "Find and fix in many repositories.",
    "check": "List the calls that can stall the event loop.",
    "codemods": "List the rewrites.",
    "diff": "Show the fixes as a diff that `git apply` takes.",
    "explain": "Explain a codemod, a kind of blocking work, or a line of code.",
}
INTERRUPTED = 130
_OUTPUT_LOST = {errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC}


class _Lazy(click.Group):
    """A group that knows its commands by name and one line, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"codemods.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            near = get_close_matches(args[0], _COMMANDS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"commands are {', '.join(sorted(_COMMANDS))}"
            ctx.fail(f"no such command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="offloop")
def offloop() -> None:
    """Get blocking work off the event loop.

    offloop reads a whole Python project, finds the calls that can stall its asyncio event loop, and rewrites them.
    """


def main() -> None:
    """Run the command line; whatever goes wrong, no traceback reaches the user unasked."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows few characters gets the others escaped, not an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    # A run makes millions of small objects that live until its end: looking for garbage among them costs a fifth of it.
    gc.disable()
    try:
        code = offloop.main(prog_name="offloop", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing more was written", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has enough: nothing is left to say, not even at exit.
        _forget_output()
        code = 1
    except Exception as error:  # noqa: BLE001 (the last line of defence)
        code = 2
        _say(error)
    sys.exit(code if isinstance(code, int) else 0)


def _say(error: Exception) -> None:
    if isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT_LOST:
        click.echo(
            f"offloop: the output cannot be written: {error.strerror}; make room, or send it elsewhere", err=True
        )
        _forget_output()
        return
    what = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(f"offloop: internal error: {what}; please report it (OFFLOOP_TRACEBACK=1 shows where)", err=True)
    if os.environ.get("OFFLOOP_TRACEBACK"):
        traceback.print_exc()


def _forget_output() -> None:
    """What is still to be said goes nowhere, at exit as well."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
