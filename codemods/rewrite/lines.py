"""Lines that an edit made too long, broken as black and ruff break them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Sequence

_EMPTY = cst.Module([])


def fitted_line(line: cst.SimpleStatementLine, indent: str, unit: str, limit: int) -> cst.SimpleStatementLine:
    """A line with the arguments of its outermost call on lines of their own, where it is too long for one."""
    if len(line.body) != 1 or not _too_long(line, indent, limit):
        return line
    statement = line.body[0]
    if not isinstance(statement, cst.Assign | cst.AnnAssign | cst.Return | cst.Expr) or statement.value is None:
        return line
    value = statement.value
    call = value.expression if isinstance(value, cst.Await) else value
    if not isinstance(call, cst.Call) or not call.args or value.lpar or call.lpar or not _on_one_line(call):
        return line
    if isinstance(call.func, cst.Attribute) and not _is_dotted(call.func):
        return line
    broken = _broken(call, indent, unit, limit)
    whole = value.with_changes(expression=broken) if isinstance(value, cst.Await) else broken
    return line.with_changes(body=[statement.with_changes(value=whole)])


def _too_long(line: cst.SimpleStatementLine, indent: str, limit: int) -> bool:
    text = _EMPTY.code_for_node(line.with_changes(leading_lines=(), trailing_whitespace=cst.TrailingWhitespace()))
    return "\n" not in text.rstrip("\n") and len(indent) + len(text.rstrip("\n")) > limit


def _on_one_line(node: cst.CSTNode) -> bool:
    return "\n" not in _EMPTY.code_for_node(node)


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _broken(call: cst.Call, indent: str, unit: str, limit: int) -> cst.Call:
    arguments = list(call.args)
    together = "".join(_EMPTY.code_for_node(each) for each in arguments)
    if len(indent) + len(unit) + len(together) <= limit:
        last = arguments[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=_newline(""))
        return call.with_changes(whitespace_before_args=_newline(unit), args=[*arguments[:-1], last])
    return one_by_one(call, unit)


def one_by_one(call: cst.Call, unit: str) -> cst.Call:
    """A call with each argument on a line of its own."""
    inner = cst.Comma(whitespace_after=_newline(unit))
    arguments: Sequence[cst.Arg] = [each.with_changes(comma=inner) for each in call.args]
    end = arguments[-1].with_changes(
        comma=cst.Comma(whitespace_after=_newline("")), whitespace_after_arg=cst.SimpleWhitespace("")
    )
    return call.with_changes(whitespace_before_args=_newline(unit), args=[*arguments[:-1], end])


def _newline(unit: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(
        first_line=cst.TrailingWhitespace(), indent=True, last_line=cst.SimpleWhitespace(unit)
    )
