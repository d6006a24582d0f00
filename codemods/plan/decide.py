"""For each site: which codemod takes it, at which level, and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods import mods
from codemods.facts import Opened
from codemods.hazards import Situation
from codemods.hazards.patches import Patches
from codemods.loop import Deadlines
from codemods.model import Finding
from codemods.mods import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from codemods.loop import Site
    from codemods.program import Program


@dataclass(frozen=True, slots=True)
class Decision:
    """A site, what was found there, and the function to await instead where there is one."""

    site: Site
    finding: Finding
    twin: str


def decide(
    program: Program, sites: Iterable[Site], read: Callable[[str], bytes], chosen: tuple[str, ...] = ()
) -> Iterator[Decision]:
    """Decide about sites; `read` gives a file's bytes by path, `chosen` names the only codemods to use."""
    deadlines, patches = Deadlines(program), Patches(program)
    codemods = [mods.load(name) for name in chosen or mods.names()]
    opened: Opened | None = None
    seen: Counter[tuple[str, str, str]] = Counter()
    path = ""
    for site in sorted(sites, key=lambda site: (site.module.path, site.call.number)):
        codemod = next((each for each in codemods if site.entry.kind in each.kinds), None) if _direct(site) else None
        if codemod is None:
            verdict = _nothing_for(site)
        else:
            if opened is None or site.module.path != path:
                path, opened = site.module.path, Opened(read(site.module.path))
            node = opened.calls[site.call.number]
            verdict = codemod.decide(Situation(site, node, opened, program, deadlines, patches))
        name = codemod.name if codemod and verdict.level != "manual" else None
        yield Decision(site, _finding(site, verdict, name, seen), verdict.twin)


def _direct(site: Site) -> bool:
    """Whether the site is the blocking call itself, in a coroutine."""
    on_loop = site.module.facts.scopes[site.function].kind == "async def"
    return on_loop and not site.chain and site.call.number >= 0


def _nothing_for(site: Site) -> Verdict:
    return Verdict("manual", f"no codemod of this run takes {site.entry.kind} calls off the loop; call it in a thread")


def _finding(site: Site, verdict: Verdict, codemod: str | None, seen: Counter[tuple[str, str, str]]) -> Finding:
    function = site.module.facts.scopes[site.function].qualname
    key = (site.module.shown, function, site.entry.name)
    seen[key] += 1
    # No line in it: a finding keeps its name when the lines above it change.
    name = hashlib.blake2b(
        "\0".join((*key, str(seen[key]))).encode("utf-8", "surrogateescape"), digest_size=6
    ).hexdigest()
    return Finding(
        id=name,
        path=site.module.shown,
        span=site.call.span,
        function=function,
        kind=site.entry.kind,
        impact=site.impact,
        callee=site.entry.name,
        chain=site.chain,
        codemod=codemod,
        level=verdict.level,
        reason=verdict.reason,
    )
