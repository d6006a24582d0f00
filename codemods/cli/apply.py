"""`offloop apply`."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace

import click

from codemods.cli.options import Common, common


@click.command("apply")
@click.option("--allow-dirty", is_flag=True, help="Write files with uncommitted changes too.")
@common
def command(shared: Common, *, allow_dirty: bool) -> None:
    """Write the fixes, all files or none.

    Refuses files that git shows as changed or untracked. Exits with 1 when findings are left.
    """
    from codemods.cli.output import Progress, colourful, leave, say_faults, say_rest, styled  # noqa: PLC0415
    from codemods.engine import find, rewrite  # noqa: PLC0415
    from codemods.review import text  # noqa: PLC0415
    from codemods.source import RefusedError, undo, write_all  # noqa: PLC0415

    undone, lost = undo(shared.paths or (".",))
    if undone:
        click.echo(text.undone(undone), err=True)
    if lost:
        say_faults(lost)
        sys.exit(2)
    progress = Progress()
    result = rewrite(shared.request(progress))
    progress.clear()
    try:
        write_all(result.changes, allow_dirty=allow_dirty)
    except RefusedError as refused:
        say_faults((*result.faults, *refused.faults))
        click.echo("nothing was written", err=True)
        sys.exit(2)
    # What was written may have moved the rest to other lines.
    moved = result.changes and result.left
    if moved:
        # Nothing was collected so far (see `main`): the second look takes the room of the first.
        gc.collect()
    left = replace(result, findings=find(shared.request()).findings if moved else result.left)
    if not shared.quiet:
        for line in text.changes(result):
            click.echo(line)
    click.echo(text.report(left, styled if colourful(sys.stdout) else text.no_style), nl=False, color=True)
    if not shared.quiet:
        click.echo(text.applied(result))
    say_rest(result, shared, summary=False)
    leave(result, shared, pending=bool(left.findings))
