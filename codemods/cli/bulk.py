"""`offloop bulk`."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.cli import INTERRUPTED
from codemods.cli.options import Wished, Word, relative, wished, wrong

if TYPE_CHECKING:
    from codemods.model import Outcome

_ONLY = Word("choice", lambda: ("failed", "changed"))
_ENGINE = Word("engine", lambda: ("local", "dask"))
_MANY = click.FloatRange(min=0, min_open=True)
_SECONDS = click.FloatRange(min=0, min_open=True)


@click.command("bulk")
@click.argument("repositories", nargs=-1, required=True, metavar="MANIFEST|PATH|URL...")
@click.option("--out", required=True, type=click.Path(file_okay=False), help="The folder for all that comes out.")
@click.option("--commit", is_flag=True, help="Commit the fixes to a branch, one commit a codemod.")
@click.option("--branch", help="The name of that branch (default: offloop); implies --commit.")
@click.option("--push", is_flag=True, help="Push that branch; implies --commit.")
@click.option("--pull-request", is_flag=True, help="Open a pull request for it with gh; implies --push.")
@click.option("--draft", is_flag=True, help="Open pull requests as drafts.")
@click.option("--body", type=click.Path(dir_okay=False), help="A template of what pull requests say.")
@click.option("--per-minute", type=_MANY, default=8, show_default=True, help="Pull requests to open in a minute.")
@click.option("--verify", metavar="CMD", default="", help="The repository's own check, run before and after.")
@click.option("--verify-timeout", type=_SECONDS, default=600, show_default=True, help="Seconds that it may take.")
@click.option("--timeout", type=_SECONDS, default=1800, show_default=True, help="Seconds for one repository.")
@click.option("--memory", type=click.IntRange(min=0), help="MB for one repository (default: its share; 0: no limit).")
@click.option("--resume", is_flag=True, help="Go on where an earlier run was stopped.")
@click.option("--only", type=_ONLY, help="Of those of the last run, the ones in trouble, or with a patch.")
@click.option("--jobs", type=click.IntRange(min=1), help="Repositories at a time (default: one a processor).")
@click.option("--engine", type=_ENGINE, help="Who does it: this machine (local, the default), or a Dask cluster.")
@click.option("--scheduler", metavar="ADDRESS", help="The scheduler of that cluster.")
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
    push: bool,
    pull_request: bool,
    draft: bool,
    body: str | None,
    per_minute: float,
    verify: str,
    verify_timeout: float,
    timeout: float,
    memory: int | None,
    resume: bool,
    only: str | None,
    jobs: int | None,
    engine: str | None,
    scheduler: str | None,
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
    from codemods.repositories import EngineError, Order, Plan, bulk, read, read_template  # noqa: PLC0415
    from codemods.review import bulk as text  # noqa: PLC0415
    from codemods.source import FolderError, GitHubError  # noqa: PLC0415

    _one_engine(engine, scheduler, jobs)
    if (draft or body) and not pull_request:
        raise click.UsageError(f"{'--draft' if draft else '--body'} says something about --pull-request")
    try:
        entries = read(repositories, mods.names())
        template = read_template(Path(body)) if body else ""
    except ConfigError as error:
        raise wrong(error) from None
    plan = Plan(
        given.wishes(),
        commit=commit or branch is not None,
        push=push,
        pull_request=pull_request,
        draft=draft,
        body=template,
        per_minute=per_minute,
        verify=verify,
        verify_seconds=verify_timeout,
        seconds=timeout,
        megabytes=memory,
        cache=not no_cache,
    )

    def told(outcome: Outcome) -> None:
        if not quiet or outcome.trouble:
            click.echo(text.line(outcome))

    order = Order(
        entries, Path(out), plan, branch or "offloop", jobs or 0, scheduler or "", resume=resume, only=only or ""
    )
    try:
        outcomes = bulk(order, told, lambda words: click.echo(words, err=True))
    except KeyboardInterrupt:
        click.echo("interrupted; `--resume` goes on from here", err=True)
        sys.exit(INTERRUPTED)
    except FolderError as error:
        raise click.UsageError(f"{relative(Path(out))} {error}") from None
    except EngineError as error:
        click.echo(f"offloop: {error}; --resume goes on from what is done", err=True)
        sys.exit(2)
    except GitHubError as error:
        raise click.UsageError(str(error)) from None
    if not quiet:
        click.echo(text.summary(outcomes), err=True)
    if any(outcome.status == "failed" for outcome in outcomes):
        sys.exit(2)
    sys.exit(1 if not exit_zero and any(outcome.status == "open" or outcome.trouble for outcome in outcomes) else 0)


def _one_engine(engine: str | None, scheduler: str | None, jobs: int | None) -> None:
    """Make sure that the options of an engine go together."""
    if engine != "dask":
        if scheduler is not None:
            raise click.UsageError("--scheduler needs --engine dask")
        return
    if not scheduler:
        raise click.UsageError("--engine dask needs --scheduler with the address of a Dask cluster's scheduler")
    if jobs is not None:
        raise click.UsageError("--jobs is for this machine; the workers of a cluster decide how many go at a time")
    # What Dask has to say of lost connections is said by offloop, in its own words.
    logging.disable()
    warnings.simplefilter("ignore")
