"""Test what a project teaches offloop about its own calls (`[tool.offloop]`: `blocking`, `not-blocking`).

    from codemods.testing import check

    def test_our_client_blocks():
        check(
            '''
            from acme import Client

            async def show(client: Client):
                client.fetch("a")  #B
            ''',
            settings="pyproject.toml",
        )

Every line that stalls the loop carries `#B` at its end, and no other line does: what is missed and what is found too
much is named in the error. `findings` gives the findings themselves.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from codemods import config, facts, mods
from codemods.catalog import Knowledge
from codemods.loop import survey
from codemods.program import Module, Program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codemods.model import Step

_ROOT = "/project"
_ONE = "main.py"
_MARK = "#B"


@dataclass(frozen=True, slots=True)
class Found:
    """One place where the loop may stall."""

    path: str
    line: int
    function: str
    kind: str
    impact: str
    callee: str
    chain: tuple[Step, ...]


def findings(
    code: str | Mapping[str, str],
    *,
    blocking: Mapping[str, str] | None = None,
    not_blocking: tuple[str, ...] = (),
    settings: str | Path | None = None,
) -> list[Found]:
    """What offloop finds in one module, or in a project given as `{"app/api.py": "..."}`.

    `settings` is a file with a `[tool.offloop]` table, whose entries count as well.
    """
    files = {_ONE: code} if isinstance(code, str) else dict(code)
    taught = dict(blocking or {})
    if settings is not None:
        file = Path(settings)
        own = config.load(file.absolute().parent, file, mods.names())
        taught = dict(own.blocking) | taught
        not_blocking = (*own.not_blocking, *not_blocking)
    modules = [
        Module(posixpath.join(_ROOT, path), path, facts.read(_text(text).encode())) for path, text in files.items()
    ]
    looked = survey(Program.link(modules), Knowledge(taught, not_blocking))
    return sorted(
        (
            Found(
                site.module.shown,
                site.call.place[0],
                site.module.facts.scopes[site.function].qualname,
                site.entry.kind,
                site.impact,
                site.entry.name,
                site.chain,
            )
            for site in looked.sites
        ),
        key=lambda found: (found.path, found.line, found.callee),
    )


def check(
    code: str | Mapping[str, str],
    *,
    blocking: Mapping[str, str] | None = None,
    not_blocking: tuple[str, ...] = (),
    settings: str | Path | None = None,
) -> None:
    """Fail unless exactly the lines that end in `#B` are found."""
    files = {_ONE: code} if isinstance(code, str) else dict(code)
    marked = {
        (path, number)
        for path, text in files.items()
        for number, line in enumerate(_text(text).splitlines(), 1)
        if line.rstrip().endswith(_MARK)
    }
    found = findings(files, blocking=blocking, not_blocking=not_blocking, settings=settings)
    places = {(each.path, each.line): each for each in found}
    wrong = [f"{path}:{line}: marked {_MARK}, but not found" for path, line in sorted(marked - places.keys())]
    wrong += [
        f"{path}:{line}: {places[path, line].callee} found, but not marked {_MARK}"
        for path, line in sorted(places.keys() - marked)
    ]
    if wrong:
        raise AssertionError("\n".join(wrong))


def _text(code: str) -> str:
    return dedent(code).lstrip("\n")
