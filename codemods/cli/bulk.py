"""`offloop bulk`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.cli import INTERRUPTED
from codemods.cli.options import Wished, Word, relative, wished, wrong

if TYPE_CHECKING:
    from codemods.model import Outcome

_ONLY = Word("choice", lambda: ("failed", "changed"))
_SECONDS = click.FloatRange(min=0, min_open=True)


@click.command("bulk")
@click.argument("repositories", nargs=-1, required=True, metavar="MANIFEST|PATH|URL...")
@click.option("--out", required=True, type=click.Path(file_okay=False), help="The folder for all that comes out.")
@click.option("--commit", is_flag=True, help="Commit the fixes to a branch, one commit a codemod.")
@click.option("--branch", help="The name of that branch (default: offloop); implies --commit.")
@click.option("--verify", metavar="CMD", default="", help="The repository's own check, run before and after.")
@click.option("--verify-timeout", type=_SECONDS, default=600, show_default=True, help="Seconds that it may take.")
@click.option("--timeout", type=_SECONDS, default=1800, show_default=True, help="Seconds for one repository.")
@click.option("--memory", type=click.IntRange(min=0), help="MB for one repository (default: its share; 0: no limit).")
@click.option("--resume", is_flag=True, help="Go on where an earlier run was stopped.")
@click.option("--only", type=_ONLY, help="Of those of the last run, the ones in trouble, or with a patch.")
@click.option("--jobs", type=click.IntRange(min=1), help="Repositories at a time (default: one a processor).")
@click.option("--no-cache", is_flag=True, help="Use nothing that an earlier run found out.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when something is left.")
@click.option("-q", "--quiet", is_flag=True, help="No lines for what went well.")
@wished
def command(  # noqa: PLR0913 (its options)
    given: Wished,
    *,
    repositories: tuple[str, ...],
    out: str,
    commit: bool,
    branch: str | None,
    verify: str,
    verify_timeout: float,
    timeout: float,
    memory: int | None,
    resume: bool,
    only: str | None,
    jobs: int | None,
    no_cache: bool,
    exit_zero: bool,
    quiet: bool,
) -> None:
    """Find and fix in many repositories: a patch and a report each, and one summary.

    Repositories are folders, URLs, or a manifest with a list of them. Exits with 1 when something is left or a check
    failed, with 2 when a repository failed.
    """
    from codemods import mods  # noqa: PLC0415
    from codemods.config import ConfigError  # noqa: PLC0415
    from codemods.repositories import Order, Plan, bulk, fair_share, read  # noqa: PLC0415
    from codemods.review import bulk as text  # noqa: PLC0415
    from codemods.source import FolderError  # noqa: PLC0415

    try:
        entries = read(repositories, mods.names())
    except ConfigError as error:
        raise wrong(error) from None
    plan = Plan(
        given.wishes(),
        commit=commit or branch is not None,
        verify=verify,
        verify_seconds=verify_timeout,
        seconds=timeout,
        megabytes=fair_share(jobs or 0) if memory is None else memory,
        cache=not no_cache,
    )

    def told(outcome: Outcome) -> None:
        if not quiet or outcome.trouble:
            click.echo(text.line(outcome))

    order = Order(entries, Path(out), plan, branch or "offloop", jobs or 0, resume=resume, only=only or "")
    try:
        outcomes = bulk(order, told)
    except KeyboardInterrupt:
        click.echo("interrupted; `--resume` goes on from here", err=True)
        sys.exit(INTERRUPTED)
    except FolderError as error:
        raise click.UsageError(f"{relative(Path(out))} {error}") from None
    if not quiet:
        click.echo(text.summary(outcomes), err=True)
    if any(outcome.status == "failed" for outcome in outcomes):
        sys.exit(2)
    sys.exit(1 if not exit_zero and any(outcome.status == "open" or outcome.trouble for outcome in outcomes) else 0)
