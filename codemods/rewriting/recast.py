"""Calls with other arguments, expressions in place of others, and blocks around statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libcst as cst

from codemods.rewriting.awaits import enclosed, parenthesized
from codemods.rewriting.blocks import Statement, blanks, code_of, leading, led
from codemods.rewriting.lines import WIDEST, Style, broken

if TYPE_CHECKING:
    from codemods.edits import Argument, Recast

_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
_OPERAND = "operand_of_offloop"


def recast(call: cst.Call, edit: Recast) -> cst.Call:
    """The call of something else, its arguments on lines of their own where they were."""
    last = call.args[-1] if call.args else cst.Arg(cst.Name("_"))
    commas = [each.comma for each in call.args[:-1] if isinstance(each.comma, cst.Comma)]
    # A comment stays where it is, and is not said twice.
    between = next((each for each in (*commas, _comma(call)) if "#" not in code_of(each)), _COMMA)
    made = []
    for place, argument in enumerate(edit.arguments):
        arg = _argument(call, argument)
        if place == len(edit.arguments) - 1:
            arg = arg.with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
        elif not isinstance(arg.comma, cst.Comma) or argument.place == len(call.args) - 1:
            arg = arg.with_changes(comma=between, whitespace_after_arg=cst.SimpleWhitespace(""))
        made.append(arg)
    # Outer parentheses go to the await, where there is one.
    outer = {"lpar": (), "rpar": ()} if edit.awaited else {}
    function = cst.parse_expression(edit.function) if edit.function else call.func
    return call.with_changes(func=function, args=made, **outer)


def _comma(call: cst.Call) -> cst.Comma:
    apart = isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace)
    return cst.Comma(whitespace_after=call.whitespace_before_args if apart else cst.SimpleWhitespace(" "))


def _argument(call: cst.Call, argument: Argument) -> cst.Arg:
    arg = call.args[argument.place] if argument.place >= 0 else cst.Arg(cst.Name("_"))
    if argument.text:
        arg = arg.with_changes(value=cst.parse_expression(argument.text), star=argument.star)
    if argument.keyword:
        tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        equal = arg.equal if arg.keyword is not None else tight
        arg = arg.with_changes(keyword=cst.Name(argument.keyword), equal=equal)
    elif argument.bare:
        arg = arg.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    return parenthesized(arg)


def reworded(text: str, operand: cst.BaseExpression) -> cst.BaseExpression:
    """An expression around another one."""
    made = cst.parse_expression(text.replace("{}", _OPERAND))
    return cast("cst.BaseExpression", made.visit(_Filled(operand)))


class _Filled(cst.CSTTransformer):
    def __init__(self, operand: cst.BaseExpression) -> None:
        super().__init__()
        self.operand = operand

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:  # noqa: N802, ARG002
        return self.operand if updated_node.value == _OPERAND else updated_node


def around(call: cst.Call, text: str) -> cst.Call:
    """A call around another one."""
    return cst.ensure_type(reworded(text, call), cst.Call)


def method(call: cst.Call, name: str) -> cst.Call:
    """A function's only argument asked for a method instead."""
    owner = enclosed(call.args[0].value, new=isinstance(call.args[0].value, cst.Await), gone=False)
    return cst.Call(cst.Attribute(owner, cst.Name(name)))


def within(statements: list[Statement], head: str, indent: str, style: Style) -> Statement:
    """The statements below a line of their own; what stands above the first of them stays above."""
    block = cst.ensure_type(cst.parse_statement(f"{head}: pass"), cst.With)
    above = leading(statements[0])
    body = cst.IndentedBlock(body=[led(statements[0], ()), *statements[1:]])
    return fitted_head(block, indent, style).with_changes(body=body, leading_lines=above)


def entered(statements: list[Statement], indent: str, style: Style) -> Statement:
    """An assignment as the head of a block, and the other statements below it."""
    line = cst.ensure_type(statements[0], cst.SimpleStatementLine)
    given = line.body[0]
    target = given.targets[0].target if isinstance(given, cst.Assign) else getattr(given, "target", None)
    if not isinstance(given, cst.Assign | cst.AnnAssign) or not isinstance(target, cst.Name) or given.value is None:
        raise TypeError("expected an assignment to a name")
    block = cst.ensure_type(cst.parse_statement(f"async with _ as {target.value}: pass"), cst.With)
    block = block.with_changes(items=[block.items[0].with_changes(item=given.value)])
    first = statements[1]
    body = [led(first, leading(first)[len(blanks(leading(first))) :]), *statements[2:]]
    below = cst.IndentedBlock(body=body, header=line.trailing_whitespace)
    return fitted_head(block, indent, style).with_changes(body=below, leading_lines=leading(line))


def fitted_head(block: cst.With, indent: str, style: Style) -> cst.With:
    """A block whose client has its arguments on lines of their own, where the first line is too long."""
    item = block.items[0]
    made = item.item
    call = made.expression if isinstance(made, cst.Await) else made
    bare = block.with_changes(body=cst.SimpleStatementSuite([cst.Pass()]), leading_lines=())
    head = code_of(bare).removesuffix("\n").removesuffix(" pass")
    if not isinstance(call, cst.Call) or "\n" in head or len(indent) + len(head) <= (style.limit or WIDEST):
        return block
    apart = broken(call, indent, style.indent, style.limit or WIDEST)
    value = made.with_changes(expression=apart) if isinstance(made, cst.Await) else apart
    return block.with_changes(items=[item.with_changes(item=value), *block.items[1:]])
