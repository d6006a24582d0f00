"""For each site: which codemod takes it, at which level, and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codemods import mods
from codemods.model import Finding
from codemods.mods import Convert, Retool, Speak, Verdict, Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from codemods.loop import Site
    from codemods.mods import Change, Codemod, Project
    from codemods.program.values import Definition

# A plain function needs no await at all; what is left is swapped where there is an exact twin, and else offloaded.
_ORDER = ("to-def", "sleep", "http", "clients", "files", "processes", "mail", "offload")
# Where asynchronous libraries are wanted, they come first.
_TWINS_FIRST = ("http", "clients", "files", "processes", "mail", "sleep", "to-def", "offload")


@dataclass(frozen=True, slots=True)
class Decision:
    """A site, what was found there, and what to do about it where something is to be done."""

    site: Site
    finding: Finding
    change: Change | None
    passed_over: tuple[tuple[str, str], ...] = ()
    """The other codemods that were asked, with what stands against them."""


Given = list[list[tuple[str, Verdict]]]
"""For each site of a function, what each codemod says."""


def decide(project: Project, chosen: tuple[str, ...] = ()) -> Iterator[Decision]:
    """Decide about every site of a project; `chosen` names the only codemods to use, first ones first.

    What codemods have found beside them comes last, and no other codemod is asked about it.
    """
    order = _TWINS_FIRST if project.prefer == "async" else _ORDER
    names = chosen or sorted(mods.names(), key=lambda name: order.index(name) if name in order else len(order))
    codemods = [each for each in map(mods.load, names) if chosen or not each.opt_in]
    reluctant = {each.name for each in codemods if each.twin and not chosen and project.prefer != "async"}
    codemods = [each for each in codemods if not (each.never_safe and each.name in reluctant)]
    whole = {codemod.name for codemod in codemods if codemod.whole}
    works = {function: _work(project, function, sites) for function, sites in sorted(project.sites.items())}
    given = {function: _given(work, codemods, reluctant) for function, work in works.items() if work.situations}
    changed = _whole_functions(given, whole)
    while staying := _staying(given, whole, changed):
        for each in codemods:
            each.stay(project, staying)
        for function in given.keys() - changed:
            _ask_again(given[function], works[function], [each for each in codemods if each.whole])
        changed = _whole_functions(given, whole)
    parts = [each for each in codemods if not each.whole]
    for function in given.keys() - changed:
        if any(name in whole and verdict.change for each in given[function] for name, verdict in each):
            # Nobody else was asked as long as the whole function was to change.
            own = [[pair for pair in each if pair[0] in whole] for each in given[function]]
            again = _given(works[function], parts, reluctant)
            given[function] = [more + mine for more, mine in zip(again, own, strict=True)]
    seen: Counter[tuple[str, str, str]] = Counter()
    for function, work in works.items():
        said = given.get(function, [])
        found = iter(zip(said, _picked(said, whole, changed=function in changed), strict=True))
        with_node = {each.site.call.place for each in work.situations}
        for site in sorted(project.sites[function], key=_place):
            all_said, (name, verdict) = next(found) if site.call.place in with_node else ([], ("", _not_found()))
            codemod = name if verdict.level != "manual" else None
            others = tuple((other, each.reason) for other, each in all_said if other != name and each.level != "safe")
            yield Decision(site, _finding(site, verdict, codemod, seen), verdict.change, others)
    for each in codemods:
        for place in each.find(project):
            if place.site.module.path in project.within:
                codemod = each.name if place.verdict.level != "manual" else None
                finding = _finding(place.site, place.verdict, codemod, seen, place.what)
                yield Decision(place.site, finding, place.verdict.change)


def _place(site: Site) -> tuple[tuple[int, int, int, int], int]:
    return site.call.place, site.call.number


def _work(project: Project, function: Definition, sites: Sequence[Site]) -> Work:
    found = [project.situation(site) for site in sorted(sites, key=_place)]
    situations = tuple(each for each in found if each is not None)
    return Work(project, function, situations, (False,) * len(situations))


def _given(work: Work, codemods: Sequence[Codemod], reluctant: AbstractSet[str]) -> Given:
    """What the codemods say about each site, as far as they need to be asked.

    Those that are `reluctant` count only where they are safe: nobody has asked for them.
    """
    given: Given = [[] for _ in work.situations]
    exact = [codemod for codemod in codemods if codemod.exact]
    whole = {codemod.name for codemod in codemods if codemod.whole}
    # Where every site has an exact twin, nothing else is asked: the function may wait as it always did.
    said = {codemod.name: codemod.decide(work) for codemod in exact}
    first = exact if _all_settled(list(said.values())) else []
    for codemod in (*first, *(each for each in codemods if each not in first)):
        # What changes a whole function does not where a twin was asked for.
        twins = any(isinstance(v.change, Speak | Retool) for each in given for _, v in each[:1])
        if all(any(v.level == "safe" and not (twins and n in whole) for n, v in each) for each in given):
            break
        settled = tuple(any(v.change is not None for n, v in each if n not in whole) for each in given)
        verdicts = said.get(codemod.name) or codemod.decide(replace(work, settled=settled))
        for each, verdict in zip(given, verdicts, strict=True):
            if verdict is not None:
                waits = codemod.name in reluctant and verdict.level == "unsafe"
                each.append((codemod.name, replace(verdict, level="manual", change=None) if waits else verdict))
    return given


def _whole_functions(given: Mapping[Definition, Given], names: set[str]) -> set[Definition]:
    """The functions that change as a whole: with all that goes with them, or not at all."""
    changed = {function for function, sites in given.items() if _whole_is_best(sites, names)}
    while True:
        broken = {function for function in changed if not (_together(given[function], names) & given.keys()) <= changed}
        if not broken:
            return changed
        changed -= broken


def _ask_again(given: Given, work: Work, codemods: Sequence[Codemod]) -> None:
    """What codemods say about each site now, in place of what they have said."""
    for codemod in codemods:
        for said, verdict in zip(given, codemod.decide(work), strict=True):
            places = [place for place, (name, _) in enumerate(said) if name == codemod.name]
            if places and verdict is not None:
                said[places[0]] = codemod.name, verdict


def _staying(given: Mapping[Definition, Given], names: set[str], changed: AbstractSet[Definition]) -> set[Definition]:
    """The functions that stay because each of their parts goes by itself, where others want to change with them."""
    left = {function: sites for function, sites in given.items() if function not in changed}
    wanting = {function for function, sites in left.items() if _whole_is_best(sites, names)}
    company = frozenset().union(*(_together(given[function], names) for function in wanting))
    return {each for each in company - wanting if each in left and _together(left[each], names)}


def _together(given: Given, names: set[str]) -> frozenset[Definition]:
    changes = (verdict.change for each in given for name, verdict in each if name in names)
    return frozenset().union(*(change.functions for change in changes if isinstance(change, Convert)))


def _picked(given: Given, names: set[str], *, changed: bool) -> Iterator[tuple[str, Verdict]]:
    for each in given:
        if changed:
            yield next(pair for pair in each if pair[0] in names)
        else:
            yield _best([pair for pair in each if pair[0] not in names] or each)


def _all_settled(said: Sequence[Sequence[Verdict | None]]) -> bool:
    rows = zip(*said, strict=True)
    return bool(said) and all(any(each is not None and each.level == "safe" for each in row) for row in rows)


def _whole_is_best(given: Given, names: set[str]) -> bool:
    """Whether the whole function changes: safely, or where no site of it could be dealt with safely by itself."""
    whole = [verdict.level for each in given for name, verdict in each if name in names]
    if not whole or whole[0] == "manual":
        return False
    # A twin that was asked for stands before it.
    if any(isinstance(verdict.change, Speak | Retool) for each in given for _, verdict in each[:1]):
        return False
    others = (verdict.level for each in given for name, verdict in each if name not in names)
    return whole[0] == "safe" or "safe" not in others


def _best(given: list[tuple[str, Verdict]]) -> tuple[str, Verdict]:
    if not given:
        return "", Verdict("manual", "no codemod of this run takes it off the loop; call it in a thread")
    for level in ("safe", "unsafe"):
        for name, verdict in given:
            if verdict.level == level and not isinstance(verdict.change, Convert):
                return name, verdict
    for name, verdict in given:
        if isinstance(verdict.change, Convert):
            return name, Verdict("manual", f"what would go with it cannot ({verdict.reason})")
    return given[-1] if given[0][0] != "sleep" else given[0]


def _not_found() -> Verdict:
    return Verdict("manual", "its text is not found again in the file; call it in a thread")


def _finding(
    site: Site, verdict: Verdict, codemod: str | None, seen: Counter[tuple[str, str, str]], what: str = ""
) -> Finding:
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
        what=what,
    )
