"""Lines that an edit made too long, broken as black and ruff break them."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from codemods.rewriting.blocks import code_of

_NOTHING = cst.SimpleWhitespace("")
# What formatters break where the project says nothing.
WIDEST = 88


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is laid out."""

    indent: str = "    "
    limit: int = 0
    """The longest line that its formatter lets stand; 0 where it has none."""


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
    apart = broken(call, indent, unit, limit)
    whole = value.with_changes(expression=apart) if isinstance(value, cst.Await) else apart
    return line.with_changes(body=[statement.with_changes(value=whole)])


def fitted_test(block: cst.If, indent: str, unit: str, limit: int) -> cst.If:
    """`if await f(…):`, or `if not await f(…):`, with the arguments on lines of their own where it is too long."""
    head = code_of(block.with_changes(body=cst.SimpleStatementSuite([cst.Pass()]), leading_lines=(), orelse=None))
    test = block.test
    value = test.expression if isinstance(test, cst.UnaryOperation) else test
    call = value.expression if isinstance(value, cst.Await) else None
    if not isinstance(call, cst.Call) or test.lpar or value.lpar or call.lpar or not _on_one_line(test):
        return block
    if not limit or not call.args or len(indent) + len(head.strip().removesuffix(" pass")) <= limit:
        return block
    apart = value.with_changes(expression=broken(call, indent, unit, limit))
    return block.with_changes(test=test.with_changes(expression=apart) if value is not test else apart)


def fitted_function(function: cst.FunctionDef, indent: str, unit: str, limit: int) -> cst.FunctionDef:
    """A function with its parameters on a line of their own, or each on its own, where its head is too long for one."""
    bare = function.with_changes(body=cst.SimpleStatementSuite([cst.Pass()]), leading_lines=(), decorators=())
    head = code_of(bare).strip().removesuffix(" pass")
    parameters = list(function.params.params)
    others = function.params.with_changes(params=())
    if not limit or "\n" in head or len(indent) + len(head) <= limit or not parameters or code_of(others):
        return function
    inside, outside = _newline(unit), _newline("")
    together = ", ".join(code_of(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for each in parameters)
    if len(parameters) > 1 and len(indent) + len(unit) + len(together) <= limit:
        end = parameters[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_param=outside)
        apart = [*parameters[:-1], end]
    else:
        commas = [cst.Comma(whitespace_after=inside)] * (len(parameters) - 1) + [cst.Comma(whitespace_after=outside)]
        pairs = zip(parameters, commas, strict=True)
        apart = [each.with_changes(comma=comma, whitespace_after_param=_NOTHING) for each, comma in pairs]
    params = function.params.with_changes(params=apart)
    return function.with_changes(whitespace_before_params=inside, params=params)


def fitted_arguments(call: cst.Call, indent: str, limit: int) -> cst.Call:
    """A call whose arguments share a line of their own that has got too long: each has one then."""
    inside = call.whitespace_before_args
    arguments = list(call.args)
    together = "".join(code_of(each.with_changes(whitespace_after_arg=_NOTHING)) for each in arguments)
    if not isinstance(inside, cst.ParenthesizedWhitespace) or "\n" in together or len(arguments) == 1:
        return call
    base = inside.last_line.value
    if not limit or len(indent) + len(base) + len(together) <= limit:
        return call
    comma = cst.Comma(whitespace_after=_newline(base))
    last = arguments[-1]
    closing = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else last.whitespace_after_arg
    end = last.with_changes(comma=cst.Comma(whitespace_after=closing), whitespace_after_arg=_NOTHING)
    return call.with_changes(args=[*(each.with_changes(comma=comma) for each in arguments[:-1]), end])


def _too_long(line: cst.SimpleStatementLine, indent: str, limit: int) -> bool:
    text = code_of(line.with_changes(leading_lines=(), trailing_whitespace=cst.TrailingWhitespace()))
    return "\n" not in text.rstrip("\n") and len(indent) + len(text.rstrip("\n")) > limit


def _on_one_line(node: cst.CSTNode) -> bool:
    return "\n" not in code_of(node)


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def broken(call: cst.Call, indent: str, unit: str, limit: int, base: str = "") -> cst.Call:
    """A call with its arguments on a line of their own, or each on its own; `base` is how far in the call stands."""
    arguments = list(call.args)
    together = "".join(code_of(each) for each in arguments)
    if len(indent) + len(base) + len(unit) + len(together) <= limit:
        return _apart(call, arguments, base, unit)
    if len(arguments) == 1:
        only = arguments[0].value
        inner = only.expression if isinstance(only, cst.Await) else only
        if not isinstance(inner, cst.Call) or not inner.args or only.lpar or inner.lpar:
            return call
        deeper = broken(inner, indent, unit, limit, base + unit)
        value = only.with_changes(expression=deeper) if isinstance(only, cst.Await) else deeper
        return _apart(call, [arguments[0].with_changes(value=value)], base, unit)
    comma = cst.Comma(whitespace_after=_newline(base + unit))
    end = arguments[-1].with_changes(
        comma=cst.Comma(whitespace_after=_newline(base)), whitespace_after_arg=cst.SimpleWhitespace("")
    )
    each_own = [*(each.with_changes(comma=comma) for each in arguments[:-1]), end]
    return call.with_changes(whitespace_before_args=_newline(base + unit), args=each_own)


def _apart(call: cst.Call, arguments: list[cst.Arg], base: str, unit: str) -> cst.Call:
    last = arguments[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=_newline(base))
    return call.with_changes(whitespace_before_args=_newline(base + unit), args=[*arguments[:-1], last])


def _newline(indent: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(
        first_line=cst.TrailingWhitespace(), indent=True, last_line=cst.SimpleWhitespace(indent)
    )
