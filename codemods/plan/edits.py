"""Decisions as edits: what each change means for the text of the files that it concerns."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from codemods.edits import (
    GENERATORS,
    AddImport,
    AwaitTwin,
    Below,
    Decorate,
    DropAwait,
    Hoist,
    Insert,
    Offload,
    Outline,
    Recast,
    Reword,
    Splice,
    ToDef,
)
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.hazards.runners import ANYIO, ASYNCIO, runner_for
from codemods.mods import Convert, Cut, Retool, Speak, Swap, Thread
from codemods.mods.to_def import clusters
from codemods.plan.imports import Spot, done_with, module_name, written
from codemods.plan.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from codemods.edits import Edit
    from codemods.facts import Call, Opened
    from codemods.mods import Project
    from codemods.plan.decide import Decision
    from codemods.program import Module
    from codemods.program.values import Definition

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_WORD = re.compile(r"[A-Za-z_]\w*")
_PARTIAL = "functools.partial"
_ROOT = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_PLAIN = {asynchronous: plain for plain, asynchronous in GENERATORS.items()}


def edits_for(project: Project, decisions: Iterable[Decision]) -> Mapping[str, tuple[Edit, ...]]:
    """All edits that carry out some decisions, by file."""
    found: dict[str, dict[Edit, None]] = defaultdict(dict)
    going: dict[str, list[ast.Name]] = defaultdict(list)
    converted: set[Definition] = set()
    made: set[int] = set()
    for decision in decisions:
        site, change = decision.site, decision.change
        path = site.module.path
        spot = Spot(site.module, site.call.scope, site.call.place[0])
        match change:
            case Convert():
                converted |= change.functions
            case Cut():
                runner, addition = written(project.program, spot, change.runner)
                found[path] |= _listed(_outline(change, runner), addition)
            case Swap():
                going[path] += _root(project.open(path).calls[site.call.number].func)
                twin, addition = written(project.program, spot, change.twin)
                edit = AwaitTwin(*site.module.facts.numbers(site.call), site.call.callee, twin)
                found[path] |= _listed(edit, addition)
            case Speak():
                opened = project.open(path)
                alias, addition = module_name(project.program, spot, change.library)
                worded = [in_words(each, alias) for each in change.edits]
                found[path] |= _listed(*worded, addition if worded != list(change.edits) else None)
                gone = [name for each in change.edits for name in _mentioned(opened, each)]
                going[path] += [name for name in gone if name.id != alias]
                for other, of_file in change.elsewhere:
                    edits, gone = _elsewhere(project, other, of_file, change.library)
                    found[other] |= edits
                    going[other] += gone
            case Retool() if id(change) not in made:
                made.add(id(change))
                for other, of_file in change.files:
                    opened = project.open(other)
                    found[other] |= _listed(*of_file)
                    going[other] += [name for each in of_file for name in _mentioned(opened, each)]
                    going[other] += _spliced(opened, [each for each in of_file if isinstance(each, Splice)])
            case Thread():
                found[path] |= _listed(*_offload(project, spot, site.call, change.runner))
                if change.hoisted:
                    found[path] |= _listed(_hoist(project.open(path), site.call, change.hoisted))
    for path, edits, names in _conversion(project, converted):
        found[path] |= edits
        going[path] += names
    for path, names in going.items():
        module = project.program.modules[path]
        added = [edit for edit in found[path] if isinstance(edit, AddImport)]
        found[path] |= dict.fromkeys(done_with(project.program, project.open(path), module, names, added))
    return {path: tuple(edits) for path, edits in found.items()}


def _elsewhere(
    project: Project, path: str, edits: Sequence[Edit], library: str
) -> tuple[dict[Edit, None], list[ast.Name]]:
    """What changes in another file with the calls of a function, and the names that this takes away there."""
    opened, module = project.open(path), project.program.modules[path]
    if all(in_words(each, "") == each for each in edits):
        return _listed(*edits), [name for each in edits for name in _mentioned(opened, each)]
    first = min(each.statement for each in edits if isinstance(each, Recast | Reword | Insert | Below | Decorate))
    alias, addition = module_name(project.program, Spot(module, 0, opened.tree.body[first].lineno), library)
    gone = [name for each in edits for name in _mentioned(opened, each) if name.id != alias]
    return _listed(*(in_words(each, alias) for each in edits), addition), gone


def _mentioned(opened: Opened, edit: Edit) -> list[ast.Name]:
    """The names that an edit takes away."""
    match edit:
        case Recast():
            function = opened.all_in(edit.statement, ast.Call)[edit.call].func
            kept = set(_ROOT.findall(f"{edit.function} {' '.join(each.text for each in edit.arguments)}"))
            return [name for name in ast.walk(function) if isinstance(name, ast.Name) and name.id not in kept]
        case Reword() if "{}" not in edit.text:
            node = opened.mentioned(edit.statement, edit.name, edit.number)
            return _root(node) if isinstance(node, ast.expr) else []
    return []


def _spliced(opened: Opened, splices: Sequence[Splice]) -> list[ast.Name]:
    """The names that splices take away, but for those that other splices bring in."""
    gone = [(each.start, each.end) for each in splices if each.start != each.end]
    new = {word for each in splices for word in _WORD.findall(each.text)}
    return [
        each
        for each in (walk(opened.tree) if gone else ())
        if isinstance(each, ast.Name)
        and each.id not in new
        and any(start <= (each.lineno, each.col_offset) < end for start, end in gone)
    ]


def _root(node: ast.expr) -> list[ast.Name]:
    """The name that a dotted name starts with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return [node] if isinstance(node, ast.Name) else []


def _listed(*edits: Edit | None) -> dict[Edit, None]:
    return {edit: None for edit in edits if edit is not None}


def _outline(change: Cut, runner: str) -> Outline:
    top, first = change.first
    return Outline(
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
        change.given_at,
    )


def _hoist(opened: Opened, call: Call, name: str) -> Hoist:
    statement = opened.statement(opened.calls[call.number])
    lines = (statement.lineno, statement.end_lineno or statement.lineno)
    return Hoist(opened.top(statement), opened.number(statement, ast.stmt), name, lines)


def _offload(project: Project, spot: Spot, call: Call, runner: str) -> tuple[Edit | None, ...]:
    """A call made in a thread, with the imports that it needs."""
    node = project.open(spot.module.path).calls[call.number]
    names = {keyword.arg for keyword in node.keywords}
    collides = (runner == ANYIO and bool(names)) or (runner != ASYNCIO and "func" in names)
    text, addition = written(project.program, spot, runner)
    partial, another = written(project.program, spot, _PARTIAL) if collides else ("", None)
    return Offload(*spot.module.facts.numbers(call), dotted(node.func), text, partial), addition, another


def _conversion(
    project: Project, functions: Collection[Definition]
) -> Iterator[tuple[str, dict[Edit, None], list[ast.Name]]]:
    """Coroutine functions made plain, with all that refers to them, and the names that are no longer needed there."""
    if not functions:
        return
    known = clusters(project)
    for function in sorted(functions):
        module = project.program.modules[function.path]
        opened = project.open(function.path)
        node = opened.nodes[function.scope]
        assert isinstance(node, ast.AsyncFunctionDef)  # noqa: S101 (only those can go)
        returns, addition = _plain_annotation(project, module, opened, node)
        head = ToDef(opened.top(node), opened.number(node, _FUNCTIONS), node.name, returns)
        gone = _root(node.returns.value) if returns and isinstance(node.returns, ast.Subscript) else []
        yield function.path, _listed(head, addition), gone
        for number in known.members.of(function).uploads:
            call = module.calls[number]
            yield function.path, _listed(DropAwait(*module.facts.numbers(call), call.callee, "file")), []
        for reference in known.references.of(function):
            if reference.call < 0:
                continue
            module = project.program.modules[reference.path]
            call = module.calls[reference.call]
            stays = reference.how == "awaited" and reference.holder not in functions
            if stays and known.may_block(function, reference):
                spot = Spot(module, call.scope, call.place[0])
                runner = runner_for(project.program, module, "other", project.offload, project.always(reference.path))
                yield reference.path, _listed(*_offload(project, spot, call, runner)), []
            else:
                callee = dotted(project.open(reference.path).calls[call.number].func)
                yield reference.path, _listed(DropAwait(*module.facts.numbers(call), callee)), []


def together(project: Project, decisions: Sequence[Decision], failed: Collection[str]) -> list[Decision]:
    """The decisions that can still be carried out where some files cannot change."""
    gone: set[Definition] = set()
    while True:
        kept, more = [], set(gone)
        for decision in decisions:
            change = decision.change
            functions = change.functions if isinstance(change, Convert) else frozenset()
            others = change.files if isinstance(change, Retool) else ()
            others = change.elsewhere if isinstance(change, Speak) else others
            files = {path for path, _ in others}
            paths = paths_of(project, functions) | {decision.site.module.path} | files
            if paths.isdisjoint(failed) and functions.isdisjoint(gone):
                kept.append(decision)
            else:
                more |= functions
        if more == gone:
            return kept
        gone = more


def _plain_annotation(
    project: Project, module: Module, opened: Opened, node: ast.AsyncFunctionDef
) -> tuple[str, Edit | None]:
    """What a generator gives once it is a plain one: `Iterator[X]` instead of `AsyncIterator[X]`."""
    returns = node.returns
    if not isinstance(returns, ast.Subscript):
        return "", None
    outside = project.program.resolve(module, opened.scope(returns), dotted(returns.value)).outside
    name = next((each for each in outside if each in _PLAIN), "")
    if not name:
        return "", None
    parts = returns.slice.elts if isinstance(returns.slice, ast.Tuple) else [returns.slice]
    inside = [ast.get_source_segment(opened.text, part) or "" for part in parts]
    if _PLAIN[name].endswith(".Generator"):
        inside = [*[*inside, "None"][:2], "None"]
    spot = Spot(module, opened.scope(returns), node.lineno)
    text, addition = written(project.program, spot, _PLAIN[name])
    return f"{text}[{', '.join(inside)}]", addition


def paths_of(project: Project, functions: Collection[Definition]) -> frozenset[str]:
    """The files that change with some functions."""
    if not functions:
        return frozenset()
    known = clusters(project)
    referring = {each.path for function in functions for each in known.references.of(function) if each.call >= 0}
    return frozenset(function.path for function in functions) | referring
