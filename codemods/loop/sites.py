"""The blocking calls that stand directly in functions on the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.model import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codemods.facts import Call
    from codemods.program import Module, Program, Resolved


@dataclass(frozen=True, slots=True)
class Site:
    """One call on the loop that blocks, or may."""

    module: Module
    call: Call
    function: int
    """The scope of the function on the loop whose body holds the call."""
    entry: catalog.Entry
    resolved: Resolved
    """All that the called name may stand for; more than the entry where it is bound in several ways."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A whole program looked over."""

    functions_on_loop: int
    sites: tuple[Site, ...]
    unresolved: tuple[Remark, ...]


def survey(program: Program, blocking: Mapping[str, catalog.Entry], *, within: frozenset[str] | None = None) -> Survey:
    """Find every site in a program, or only in some of its files."""
    functions = 0
    sites: list[Site] = []
    unresolved: list[Remark] = []
    for path, module in program.modules.items():
        if within is not None and path not in within:
            continue
        functions += sum(scope.kind == "async def" for scope in module.facts.scopes)
        for call, function in _on_loop(module):
            resolved = program.resolve(module, call.scope, call.callee) if call.callee else None
            entry = _entry(program, resolved, blocking) if resolved else None
            if resolved and entry:
                sites.append(Site(module, call, function, entry, resolved))
            elif not call.awaited and (resolved is None or not resolved.meanings):
                unresolved.append(Remark(module.shown, call.span.line, call.callee or "(a call's result)"))
    return Survey(functions, tuple(sites), tuple(unresolved))


def taught(blocking: Mapping[str, str], not_blocking: tuple[str, ...]) -> Mapping[str, catalog.Entry]:
    """The catalogue with what a project's settings add to it and take from it."""
    known = {name: entry for name, entry in catalog.blocking().items() if not _matches(name, not_blocking)}
    return known | {name: catalog.Entry(name, kind, "high") for name, kind in blocking.items()}


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(name.startswith(p[:-1]) if p.endswith("*") else name == p for p in patterns)


def _on_loop(module: Module) -> Iterator[tuple[Call, int]]:
    scopes = module.facts.scopes
    for call in module.facts.calls:
        function = module.function_of(call.scope)
        if scopes[function].kind == "async def":
            yield call, function


def _entry(program: Program, resolved: Resolved, blocking: Mapping[str, catalog.Entry]) -> catalog.Entry | None:
    for meaning in resolved.meanings:
        names = [meaning.name] if not meaning.module else _project_names(program, meaning.module, meaning.name)
        for name in names:
            if name in blocking:
                return blocking[name]
    return None


def _project_names(program: Program, path: str, qualname: str) -> list[str]:
    return [f"{name}.{qualname}" for name in program.layout.names(path)] if qualname else []
