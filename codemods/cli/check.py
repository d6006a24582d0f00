"""`offloop check`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from codemods.cli.options import Common, Word, common

_FORMATS = ("text", "json", "github")


@click.command("check")
@click.option(
    "--format", "form", type=Word("format", lambda: _FORMATS), default="text", help="How to show the findings."
)
@click.option("--output", type=click.Path(dir_okay=False), help="A file to write the report to.")
@click.option("--statistics", is_flag=True, help="Count the findings by callable.")
@common
def command(shared: Common, form: str, output: str | None, *, statistics: bool) -> None:
    """List the calls that can stall the event loop.

    Exits with 1 when there are any, with 2 when a file could not be read.
    """
    from codemods.cli.output import Progress, colourful, leave, say_rest, styled  # noqa: PLC0415
    from codemods.engine import find  # noqa: PLC0415
    from codemods.review import github, json, text  # noqa: PLC0415
    from codemods.source import base_of, write_bytes  # noqa: PLC0415

    progress = Progress()
    result = find(shared.request(progress))
    progress.clear()
    if form == "json":
        report = json.report(result)
    elif form == "github":
        report = github.report(result, base_of(Path.cwd() / "any"))
    else:
        report = text.report(result, styled if colourful(sys.stdout) and not output else text.no_style)
        report += text.statistics(result.findings) if statistics else ""
        report += "" if shared.quiet else f"{text.summary(result)}\n"
        report += f"{text.hint(result)}\n" if text.hint(result) and not shared.quiet else ""
    if output:
        try:
            write_bytes(Path(output), report.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise click.UsageError(f"{output} cannot be written: {error.strerror or error}") from None
    else:
        click.echo(report, nl=False, color=True)
    say_rest(result, shared, summary=bool(output))
    leave(result, shared, pending=bool(result.findings))
