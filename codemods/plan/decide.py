"""For each site: which codemod takes it, at which level, and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codemods import mods
from codemods.model import Finding
from codemods.mods import Verdict, Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.loop import Site
    from codemods.mods import Change, Codemod, Project

# A plain function needs no await at all; what is left is swapped where there is an exact twin, and else offloaded.
_ORDER = ("to-def", "sleep", "offload")


@dataclass(frozen=True, slots=True)
class Decision:
    """A site, what was found there, and what to do about it where something is to be done."""

    site: Site
    finding: Finding
    change: Change | None


def decide(project: Project, chosen: tuple[str, ...] = ()) -> Iterator[Decision]:
    """Decide about every site of a project; `chosen` names the only codemods to use, first ones first."""
    names = chosen or sorted(mods.names(), key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    codemods = [mods.load(name) for name in names]
    seen: Counter[tuple[str, str, str]] = Counter()
    for function, sites in sorted(project.sites.items()):
        ordered = sorted(sites, key=lambda site: (site.call.place, site.call.number))
        situations = [project.situation(site) for site in ordered]
        found = [each for each in situations if each is not None]
        verdicts = iter(
            _verdicts(Work(project, function, tuple(found), (False,) * len(found)), codemods) if found else ()
        )
        for site, situation in zip(ordered, situations, strict=True):
            name, verdict = next(verdicts) if situation is not None else ("", _not_found())
            codemod = name if verdict.level != "manual" else None
            yield Decision(site, _finding(site, verdict, codemod, seen), verdict.change)


def _verdicts(work: Work, codemods: Sequence[Codemod]) -> list[tuple[str, Verdict]]:
    """The first safe verdict for each site, else the first that is not manual, else the last word on it."""
    given: list[list[tuple[str, Verdict]]] = [[] for _ in work.situations]
    exact = [codemod for codemod in codemods if codemod.exact]
    whole = {codemod.name for codemod in codemods if codemod.whole}
    # Where every site has an exact twin, nothing else is asked: the function may wait as it always did.
    for codemod in (*exact, *(each for each in codemods if not each.exact)) if _all_settled(work, exact) else codemods:
        if all(any(v.level == "safe" for _, v in each) for each in given):
            break
        if codemod.whole and any(any(v.level == "safe" for _, v in each) for each in given):
            continue
        settled = tuple(any(v.change is not None for n, v in each if n not in whole) for each in given)
        for each, verdict in zip(given, codemod.decide(replace(work, settled=settled)), strict=True):
            if verdict is not None:
                each.append((codemod.name, verdict))
    if _whole_is_best(given, whole):
        return [next(pair for pair in each if pair[0] in whole) for each in given]
    return [_best([pair for pair in each if pair[0] not in whole] or each) for each in given]


def _all_settled(work: Work, exact: Sequence[Codemod]) -> bool:
    verdicts = [codemod.decide(work) for codemod in exact]
    return all(any(each is not None and each.level == "safe" for each in row) for row in zip(*verdicts, strict=True))


def _whole_is_best(given: list[list[tuple[str, Verdict]]], names: set[str]) -> bool:
    """Whether the whole function changes: safely, or where no site of it could be dealt with safely by itself."""
    whole = [verdict.level for each in given for name, verdict in each if name in names]
    if not whole or whole[0] == "manual":
        return False
    others = (verdict.level for each in given for name, verdict in each if name not in names)
    return whole[0] == "safe" or "safe" not in others


def _best(given: list[tuple[str, Verdict]]) -> tuple[str, Verdict]:
    if not given:
        return "", Verdict("manual", "no codemod of this run takes it off the loop; call it in a thread")
    for level in ("safe", "unsafe"):
        for name, verdict in given:
            if verdict.level == level:
                return name, verdict
    return given[-1] if given[0][0] != "sleep" else given[0]


def _not_found() -> Verdict:
    return Verdict("manual", "its text is not found again in the file; call it in a thread")


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
