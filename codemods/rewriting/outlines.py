"""Statements moved into a nested function, which a thread runs, and statements taken apart around an await."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libcst as cst

from codemods.rewriting.blocks import Statement, blanks, leading, led

if TYPE_CHECKING:
    from codemods.edits import Outline


def outlined(statements: list[Statement], edit: Outline, *, first: bool) -> list[Statement]:
    """The function, and the line that awaits it; `first` if nothing stands above them in their block."""
    # What stands above them, a comment say, stays above: it reads as well over the function.
    above = leading(statements[0])
    body = [led(statements[0], ()), *statements[1:]]
    if edit.outer:
        body.insert(0, _line(f"nonlocal {', '.join(edit.outer)}"))
    if edit.given_at:
        body[-1] = _returned(body[-1])
    elif edit.results:
        body.append(_line(f"return {', '.join(edit.results)}"))
    arrow = f" -> {edit.annotation}" if edit.annotation else ""
    made = cast("cst.FunctionDef", cst.parse_statement(f"def {edit.name}(){arrow}: pass"))
    blank = cst.EmptyLine(indent=False)
    gap = () if first or blanks(above) else (blank,)
    function = made.with_changes(body=cst.IndentedBlock(body=body), leading_lines=(*gap, *above))
    given = "return " if edit.returns else f"{', '.join(edit.results)} = " if edit.results else ""
    return [function, led(_line(f"{given}await {edit.runner}({edit.name})"), [blank])]


def _returned(line: Statement) -> Statement:
    """`result = value` as `return value`."""
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(line.body[0], cst.Assign):
        raise TypeError("expected an assignment")
    return line.with_changes(body=[cst.Return(line.body[0].value)])


def hoisted(line: Statement, name: str) -> list[Statement]:
    """`target += value` as `name = value` and `target += name`."""
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(line.body[0], cst.AugAssign):
        raise TypeError("expected an augmented assignment")
    total = line.body[0]
    value = cst.Assign([cst.AssignTarget(cst.Name(name))], total.value)
    short = total.with_changes(value=cst.Name(name), semicolon=cst.MaybeSentinel.DEFAULT)
    return [
        line.with_changes(body=[value], trailing_whitespace=cst.TrailingWhitespace()),
        led(line.with_changes(body=[short]), ()),
    ]


def _line(text: str) -> cst.SimpleStatementLine:
    return cast("cst.SimpleStatementLine", cst.parse_statement(text))
