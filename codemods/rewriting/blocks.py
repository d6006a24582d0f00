"""Blocks of statements, and the blank lines and comments between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.edits import Below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codemods.edits import Decorate, Insert

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Lines = tuple[cst.EmptyLine, ...]
_EMPTY = cst.Module([])


def code_of(node: cst.CSTNode) -> str:
    """A node as it is written."""
    return _EMPTY.code_for_node(node)


def leading(statement: cst.CSTNode) -> Lines:
    """The blank lines and comments above a statement."""
    return tuple(getattr(statement, "leading_lines", ()))


def led(statement: Statement, lines: Sequence[cst.EmptyLine]) -> Statement:
    """The statement with other lines above it."""
    return statement.with_changes(leading_lines=tuple(lines))


def is_blank(line: cst.EmptyLine) -> bool:
    """Nothing on it, not even a comment."""
    return line.comment is None


def blanks(lines: Lines) -> Lines:
    """The blank lines that come first."""
    for number, line in enumerate(lines):
        if not is_blank(line):
            return lines[:number]
    return lines


def insert_statement(body: list[Statement], place: int, insertion: Insert | Below) -> None:
    """A function or the like beside a statement of a module, two blank lines from what is around it; or a line."""
    new = cst.parse_statement(insertion.text)
    if isinstance(insertion, Below):
        body.insert(place + 1, new)
        return
    room = [cst.EmptyLine(indent=False)] * 2
    at = place + 1 if insertion.below else place
    body.insert(at, led(new, room if at else ()))
    if at + 1 < len(body):
        following = leading(body[at + 1])
        body[at + 1] = led(body[at + 1], [*room, *following[len(blanks(following)) :]])


def decorated(function: cst.FunctionDef, edits: Sequence[Decorate]) -> cst.FunctionDef:
    """A function with more decorators, each below the one that it goes with."""
    decorators = list(function.decorators)
    for edit in sorted(edits, reverse=True):
        if edit.name != function.name.value:
            raise LookupError(f"expected def {edit.name}")
        new = cst.Decorator(cst.parse_expression(edit.text.removeprefix("@")))
        decorators.insert(edit.place + 1, new)
    return function.with_changes(decorators=decorators)


def without_empty(body: Sequence[Statement], header: Sequence[cst.EmptyLine] = ()) -> list[Statement]:
    """A block without the lines from which every statement was taken, and with one gap where there were two."""
    kept: list[Statement] = []
    carried: Lines | None = None
    for statement in body:
        if isinstance(statement, cst.SimpleStatementLine) and not statement.body:
            carried = leading(statement) if carried is None else _joined(carried, leading(statement), first=not kept)
            continue
        if carried is not None:
            at_top = not kept and (not header or is_blank(header[-1]))
            kept.append(led(statement, _joined(carried, leading(statement), first=at_top)))
            carried = None
        else:
            kept.append(statement)
    return kept


def _joined(above: Lines, below: Lines, *, first: bool) -> Lines:
    """What stands above a statement once the one before it is gone: its comments, and the wider of the two gaps."""
    gap_above, gap_below = blanks(above), blanks(below)
    comments = above[len(gap_above) :] + below[len(gap_below) :]
    if first:
        return comments
    if above and not gap_above and not gap_below:
        return comments
    return (gap_below if len(gap_below) > len(gap_above) else gap_above) + comments


def last_bare(statements: Sequence[cst.BaseSmallStatement]) -> list[cst.BaseSmallStatement]:
    """Statements of one line, without a semicolon after the last where taking one out has left it there."""
    if not statements:
        return []
    return [*statements[:-1], statements[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]
