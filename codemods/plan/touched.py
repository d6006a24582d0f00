"""The lines of a file that edits may change: all others must be what they were."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

from codemods.edits import (
    AddImport,
    AsyncBlock,
    AwaitTwin,
    Below,
    Decorate,
    Define,
    DropAwait,
    DropImport,
    DropStatement,
    Enter,
    Hoist,
    Insert,
    Lines,
    Offload,
    Outline,
    Recast,
    Reword,
    Splice,
    ToAsync,
    ToDef,
    Within,
)
from codemods.facts.values import source_module

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codemods.edits import Edit
    from codemods.facts import Opened

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def touched(opened: Opened, edits: Iterable[Edit]) -> Lines:
    """The lines that edits may change."""
    made = list(edits)
    moved = [edit.lines for edit in made if isinstance(edit, Outline | Within | Enter)]
    dropped = [edit.lines for edit in made if isinstance(edit, DropImport | DropStatement)]
    added = [edit.text for edit in made if isinstance(edit, Define | Below | Decorate)]
    # An import of something else from the same module may take a new one in.
    sources = {edit.module for edit in made if isinstance(edit, AddImport) and edit.name}
    dropped += [
        _lines(each) for each in opened.tree.body if isinstance(each, ast.ImportFrom) and source_module(each) in sources
    ]
    kept = [lines for edit in made if (lines := _kept(opened, edit)) is not None]
    return Lines(tuple(kept), tuple(moved), tuple(dropped), tuple(added))


def _kept(opened: Opened, edit: Edit) -> tuple[int, int] | None:
    """The lines that stay where they are, with something else in them."""
    match edit:
        case AwaitTwin() | Offload() | DropAwait() | Recast():
            node = opened.all_in(edit.statement, ast.Call)[edit.call]
            above = opened.parent(node)
            return _lines(above if isinstance(above, ast.Await) else node)
        case ToDef() | ToAsync():
            line = opened.all_in(edit.statement, _FUNCTIONS)[edit.function].lineno
            return line, line
        case Hoist():
            return edit.lines
        case Outline() if edit.given_at:
            return edit.given_at, edit.given_at
        case Reword():
            return _lines(cast("ast.expr", opened.mentioned(edit.statement, edit.name, edit.number)))
        case Splice():
            return edit.start[0], edit.end[0]
        case AsyncBlock():
            return edit.line, edit.line
        case Insert():
            return _lines(opened.tree.body[edit.statement])
    return None


def _lines(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno
