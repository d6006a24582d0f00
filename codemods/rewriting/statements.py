"""The top-level statements of a file: where they are, and their edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.rewriting.blocks import Statement, last_bare
from codemods.rewriting.editor import Editor
from codemods.rewriting.names import bound, without_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from codemods.edits import Edit
    from codemods.rewriting.lines import Style


def locate(body: Sequence[Statement]) -> list[tuple[int, int]]:
    """For each top-level statement as `ast` counts them: its line in libcst's body, and its place in that line.

    libcst keeps `a; b` as one line of two.
    """
    places = []
    for line, statement in enumerate(body):
        count = len(statement.body) if isinstance(statement, cst.SimpleStatementLine) else 1
        places += [(line, small) for small in range(count)]
    return places


def edit_statement(statement: Statement, edits: Collection[Edit], style: Style) -> Statement:
    """One top-level statement with the edits inside it carried out."""
    editor = Editor(edits, style)
    edited = statement.visit(editor)
    editor.check()
    if not isinstance(edited, Statement):
        raise TypeError("a top-level statement went missing")
    return edited


def without_names(statement: Statement, names: Collection[str]) -> Statement:
    """A top-level line without some names that it imports; it may come back empty."""
    if not names or not isinstance(statement, cst.SimpleStatementLine):
        return statement
    kept: list[cst.BaseSmallStatement] = []
    for small in statement.body:
        left: cst.BaseSmallStatement | None = small
        for name in names:
            if isinstance(left, cst.Import | cst.ImportFrom) and not isinstance(left.names, cst.ImportStar):
                left = without_name(left, name) if name in map(bound, left.names) else left
        kept += [left] if left is not None else []
    return statement if kept == list(statement.body) else statement.with_changes(body=last_bare(kept))
