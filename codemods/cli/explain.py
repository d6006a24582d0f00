"""`offloop explain`."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.cli.options import CODEMOD, Common
from codemods.model import KINDS

if TYPE_CHECKING:
    from codemods.model import Finding

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>\d+)(:\d+)?:?")


@click.command("explain")
@click.argument("what", metavar="CODEMOD|KIND|PATH:LINE")
@click.option("--codemod", type=CODEMOD, multiple=True, help="Only these rewrites, as for check.")
@click.option("--config", type=click.Path(dir_okay=False), help="Settings to use instead of pyproject.toml's.")
def command(what: str, codemod: tuple[tuple[str, ...], ...], config: str | None) -> None:
    """Explain a codemod, a kind of blocking work, or a line of code."""
    from codemods import catalog, mods  # noqa: PLC0415
    from codemods.config import nearest  # noqa: PLC0415

    place = _PLACE.fullmatch(what)
    if what in mods.names():
        click.echo(mods.load(what).page)
    if what in KINDS:
        if what in mods.names():
            click.echo()
        click.echo(f"Kind {what}: {catalog.describe(what)}")
        known = [entry.name for entry in catalog.known(what)]
        click.echo(f"Known: {', '.join(known)}; `[tool.offloop.blocking]` can teach more.")
    elif what not in mods.names():
        if place is None or not Path(place["path"]).exists():
            near = nearest(what, [*mods.names(), *KINDS])
            hint = f"did you mean {near!r}?" if near else "give a codemod, a kind, or PATH:LINE"
            missing = f"no such file {place['path']!r}" if place else f"nothing is called {what!r}"
            raise click.UsageError(f"{missing}; {hint}")
        _explain_line(place["path"], int(place["line"]), codemod, config)


def _concerns(finding: Finding, path: str, line: int) -> bool:
    """Whether a line is the place of a finding, or a step of the way to it."""
    if finding.path == path and finding.span.line <= line <= finding.span.end_line:
        return True
    return any(step.path == path and step.line == line for step in finding.chain)


def _explain_line(path: str, line: int, codemod: tuple[tuple[str, ...], ...], config: str | None) -> None:
    from codemods.cli.output import say_faults  # noqa: PLC0415
    from codemods.engine import find  # noqa: PLC0415
    from codemods.review import text  # noqa: PLC0415
    from codemods.source import project_of  # noqa: PLC0415

    shared = Common(paths=(path,), codemod=codemod, impact="low", config=config)
    request = shared.request()
    around = project_of(path)
    # The line may be a step on the way from another file.
    paths = (path, around) if around else (path,)
    result = find(replace(request, paths=paths, evidence=True))
    name = Path(os.path.relpath(path)).as_posix()
    here = [finding for finding in result.findings if _concerns(finding, name, line)]
    for finding in here:
        click.echo(text.explanation(finding))
    faults = [fault for fault in result.faults if fault.path == name]
    say_faults(faults)
    if not here and not faults:
        click.echo(f"{path}:{line}: nothing here is known to block, as far as offloop can see")
    sys.exit(2 if faults else 0)
