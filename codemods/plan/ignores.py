"""Which sites a comment asks to be silent about, and which of those comments are for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.model import Remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.facts import Call, Ignore
    from codemods.loop import Site
    from codemods.program import Module

_CODES = {
    "http": ("ASYNC210", "ASYNC211", "ASYNC212"),
    "subprocess": ("ASYNC220", "ASYNC221", "ASYNC222"),
    "file": ("ASYNC230", "ASYNC231", "ASYNC232"),
    "path": ("ASYNC240",),
    "input": ("ASYNC250",),
    "sleep": ("ASYNC251",),
}


def ignored(site: Site) -> bool:
    """Whether a comment on one of the site's lines asks for silence about it."""
    return any(_covers(ignore, site.call, site.entry.kind) for ignore in site.module.summary.ignores)


def unused(modules: Iterable[Module], sites: Iterable[Site]) -> Iterator[Remark]:
    """Offloop's own ignore comments that no site needs."""
    by_module: dict[str, list[Site]] = {}
    for site in sites:
        by_module.setdefault(site.module.path, []).append(site)
    for module in modules:
        for ignore in module.summary.ignores:
            here = by_module.get(module.path, ())
            if ignore.ours and not any(_covers(ignore, site.call, site.entry.kind) for site in here):
                yield Remark(module.shown, ignore.line, ignore.text)


def _covers(ignore: Ignore, call: Call, kind: str) -> bool:
    if ignore.line and not call.span.line <= ignore.line <= call.last_line:
        return False
    if ignore.names is None:
        return True
    if ignore.ours:
        return kind in ignore.names
    return any(code.startswith(name.upper()) for code in _CODES.get(kind, ()) for name in ignore.names)
