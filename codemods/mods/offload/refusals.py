"""What no thread can help with, or must not touch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.opened import name_of
from codemods.hazards import Hazard
from codemods.hazards.affinity import MAKER
from codemods.hazards.parts import in_handler
from codemods.mods.held import held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from codemods.hazards import Situation
    from codemods.hazards.threads import Threads
    from codemods.mods.offload.regions import Region

_AT_HAND = frozenset({"close", "fileno", "isatty", "readable", "seek", "seekable", "tell", "writable"})
_OPENING = frozenset({"NamedTemporaryFile", "TemporaryFile", "ZipFile", "fdopen", "open"})


def of_site(situation: Situation, region: Region | None, threads: Threads) -> Iterator[Hazard]:
    """What stands against running a site in a thread, alone or in a region."""
    site = situation.site
    entry = site.entry
    if entry.gil:
        yield Hazard(
            "manual",
            f"{entry.name} holds Python's global lock while it works, so in a thread it would stall the loop as well; "
            "make the work smaller, or give it to another process",
        )
    elif entry.impact == "low":
        yield Hazard("manual", f"{entry.name} takes less time than the way to a thread and back")
    elif entry.kind == "lock":
        yield Hazard(
            "manual", f"{entry.name} waits for other threads and would keep one of the pool's; use asyncio's twin"
        )
    elif entry.kind == "input":
        yield Hazard("manual", f"{entry.name} waits for a person; a service should not")
    elif entry.kind == "sleep" and not site.chain:
        yield Hazard("manual", "a sleep needs no thread; see `offloop explain sleep`")
    entered = threads.entered(site.module, site.call) if site.call.number >= 0 else frozenset()
    if not _stays_inside(situation, region):
        yield from threads.affinity.hazards(site, entered, whole=False)
    yield from threads.affinity.shared_session(site)
    for function in sorted(entered):
        yield from threads.of(function)


def of_call(situation: Situation, threads: Threads, sites: AbstractSet[ast.AST]) -> Iterator[Hazard]:
    """What stands against making one call in a thread; `sites` are all that block in its function."""
    site, node = situation.site, situation.node
    named = (
        situation.program.resolve(site.module, site.call.scope, site.call.callee).outside if site.call.callee else ()
    )
    if any(name in catalog.threads().lazy for name in named):
        yield Hazard(
            "manual", f"`{site.call.callee}` does its work when it is iterated over; move both into one function"
        )
    elif site.entry.lazy and not site.chain:
        yield Hazard(
            "manual", f"what {site.entry.name} gives blocks again when it is used; move both into one function"
        )
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Lambda):
            yield Hazard("manual", "it calls a lambda where it stands; call what the lambda calls")
        if site.entry.name == "builtins.next" or (site.call.callee == "next" and len(node.args) == 1):
            yield Hazard("manual", "`next` may raise StopIteration, which cannot leave a thread; give it a default")
        opens = site.entry.kind == "file" and not site.chain and site.entry.name.rpartition(".")[2] in _OPENING
        if opens and not _used_call_by_call(situation, node, sites):
            yield Hazard("manual", "the file that it opens blocks again when it is read; move both into one function")
    if in_handler(situation.opened, node):
        where = threads.handles_exceptions(threads.entered(site.module, site.call))
        if where:
            yield Hazard("manual", f"{where} looks at the exception being handled, of which a thread knows nothing")


def _used_call_by_call(situation: Situation, node: ast.Call, sites: AbstractSet[ast.AST]) -> bool:
    """Whether a block does nothing with its file that would still block: each call may go into a thread as well."""
    found = held(situation.site.module, situation.opened, node)
    if found is None or found.refusal or found.loops or sites.isdisjoint(found.calls):
        return False
    return all(call in sites or name_of(call.func) in _AT_HAND for call in found.calls)


def _root(node: ast.expr) -> str:
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute | ast.Call | ast.Subscript):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return inner.id if isinstance(inner, ast.Name) else ""


def _given_name(situation: Situation) -> str:
    """The name that a call's result is bound to straight away."""
    above = situation.opened.parent(situation.node)
    match above:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.withitem(optional_vars=ast.Name(id=name)):
            return name
    return ""


def _stays_inside(situation: Situation, region: Region | None) -> bool:
    """Whether an object is made, used and given up within a region."""
    if situation.site.chain or region is None:
        return False
    name = (_given_name(situation) if situation.site.entry.name == MAKER else "") or _root(situation.node)
    bound = [
        node
        for node in situation.opened.bound.get(name, ())
        if situation.opened.function(node) is situation.opened.function(situation.node)
    ]
    inside = bool(bound) and all(region.holds(node, situation.opened) for node in bound)
    return inside and name not in region.results and name not in region.outer
