"""`offloop diff`."""

from __future__ import annotations

import sys

import click

from codemods.cli.options import Common, common


@click.command("diff")
@common
def command(shared: Common) -> None:
    """Show the fixes as a diff that `git apply` takes.

    Nothing is written. Exits with 1 when there is something to change, with 2 when a file could not be read.
    """
    from codemods.cli.output import Progress, colourful, leave, say_rest  # noqa: PLC0415
    from codemods.engine import rewrite  # noqa: PLC0415
    from codemods.review import text  # noqa: PLC0415
    from codemods.review.diff import coloured, unified_diff  # noqa: PLC0415
    from codemods.source import base_of  # noqa: PLC0415

    progress = Progress()
    result = rewrite(shared.request(progress))
    progress.clear()
    out = sys.stdout.buffer
    for change in result.changes:
        diff = unified_diff(change, base_of(change.file))
        out.write(coloured(diff) if colourful(sys.stdout) else diff)
    out.flush()
    if not shared.quiet:
        click.echo(text.pending(result), err=True)
    say_rest(result, shared, summary=False)
    leave(result, shared, pending=bool(result.changes))
