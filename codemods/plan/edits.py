"""Decisions as edits: what each change means for the text of the files that it concerns."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from codemods.edits import AwaitTwin, DropAwait, DropImport, Lines, Offload, Outline, ToDef
from codemods.facts.values import dotted
from codemods.mods import Convert, Cut, Swap, Thread
from codemods.plan.imports import Spot, done_with, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from codemods.edits import AddImport, Edit
    from codemods.facts import Opened
    from codemods.loop import Site
    from codemods.mods import Project
    from codemods.plan.decide import Decision
    from codemods.program.values import Definition

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PARTIAL = "functools.partial"


def edits_for(project: Project, decisions: Iterable[Decision]) -> Mapping[str, tuple[Edit, ...]]:
    """All edits that carry out some decisions, by file."""
    found: dict[str, dict[Edit, None]] = defaultdict(dict)
    swapped: dict[str, list[Site]] = defaultdict(list)
    for decision in decisions:
        site, change = decision.site, decision.change
        path = site.module.path
        additions: list[AddImport | None] = []
        spot = Spot(site.module, site.call.scope, site.call.place[0])
        if isinstance(change, Cut):
            runner, addition = written(project.program, spot, change.runner)
            top, first = change.first
            edit: Edit = Outline(
                top,
                first,
                change.last,
                change.name,
                runner,
                change.results,
                change.outer,
                change.returns,
                change.annotation,
                change.lines,
            )
            additions.append(addition)
        elif isinstance(change, Swap | Thread):
            statement, place = (
                site.call.statement,
                site.call.number - site.module.facts.first_calls[site.call.statement],
            )
            if isinstance(change, Swap):
                swapped[path].append(site)
                text, addition = written(project.program, spot, change.twin)
                edit = AwaitTwin(statement, place, site.call.callee, text)
            else:
                text, addition = written(project.program, spot, change.runner)
                partial, another = written(project.program, spot, _PARTIAL) if change.partial else ("", None)
                additions.append(another)
                callee = dotted(project.open(path).calls[site.call.number].func)
                edit = Offload(statement, place, callee, text, partial)
            additions.append(addition)
        else:
            continue
        found[path][edit] = None
        found[path] |= {each: None for each in additions if each is not None}
    for path, sites in swapped.items():
        found[path] |= dict.fromkeys(done_with(project.program, project.open(path), sites))
    return {path: tuple(edits) for path, edits in found.items()}


def together(project: Project, decisions: Sequence[Decision], failed: Collection[str]) -> list[Decision]:
    """The decisions that can still be carried out where some files cannot change."""
    gone: set[Definition] = set()
    while True:
        kept, more = [], set(gone)
        for decision in decisions:
            change = decision.change
            functions = change.functions if isinstance(change, Convert) else frozenset()
            paths = paths_of(project, functions) | {decision.site.module.path}
            if paths.isdisjoint(failed) and functions.isdisjoint(gone):
                kept.append(decision)
            else:
                more |= functions
        if more == gone:
            return kept
        gone = more


def touched(opened: Opened, edits: Iterable[Edit]) -> Lines:
    """The lines that edits may change."""
    kept: list[tuple[int, int]] = []
    moved: list[tuple[int, int]] = []
    dropped: list[tuple[int, int]] = []
    for edit in edits:
        match edit:
            case AwaitTwin() | Offload() | DropAwait():
                node = opened.all_in(edit.statement, ast.Call)[edit.call]
                above = opened.parent(node)
                around = above if isinstance(above, ast.Await) else node
                kept.append((around.lineno, around.end_lineno or around.lineno))
            case ToDef():
                line = opened.all_in(edit.statement, _FUNCTIONS)[edit.function].lineno
                kept.append((line, line))
            case Outline():
                moved.append(edit.lines)
            case DropImport():
                dropped.append(edit.lines)
    return Lines(tuple(kept), tuple(moved), tuple(dropped))


def paths_of(project: Project, functions: Collection[Definition]) -> frozenset[str]:
    """The files that change with some functions."""
    return frozenset(function.path for function in functions)
