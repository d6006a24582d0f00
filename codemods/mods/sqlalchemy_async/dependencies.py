"""Functions that lend a session to others and close it: `get_db` and its like."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.edits import GENERATORS
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.sqlalchemy_async.sheet import end_of, start_of

if TYPE_CHECKING:
    from codemods.mods.sqlalchemy_async.seen import Seen
    from codemods.mods.sqlalchemy_async.sheet import Sheet
    from codemods.program.values import Definition


class Dependencies:
    """Those of one file."""

    def __init__(self, seen: Seen, sheet: Sheet, refusals: list[str]) -> None:
        self._refusals = refusals
        self._seen = seen
        self._sheet = sheet

    def write(self, function: Definition) -> None:
        """What a function that yields says it gives, and how it closes its session."""
        node = self._sheet.opened.nodes[function.scope]
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if isinstance(node, ast.FunctionDef) and any(isinstance(each, ast.Yield) for each in walk(node)):
            self._annotate(node)
        self._check_closed(node)
        for number, block in enumerate(node.body):
            if isinstance(block, ast.Try):
                self._lend(node.body[number - 1] if number else block.body[0], block)
                self._lend(block.body[0], block)

    def lend_own(self, function: Definition, factory: str) -> None:
        """What lent a fixture's session lends one of its own: that one is for code off the loop from now on."""
        sheet, node = self._sheet, self._sheet.opened.nodes[function.scope]
        lent = next((each.value for each in walk(node) if isinstance(each, ast.Yield)), None)
        if not isinstance(node, ast.FunctionDef) or lent is None:
            return
        first, last = node.body[0], node.body[-1]
        if "#" in sheet.between(start_of(first), end_of(last)):
            self._refusals.append(f"{sheet.where(node)} lends a session, with comments in between")
            return
        self._annotate(node)
        name = name_of(lent)
        indent = " " * first.col_offset
        sheet.insert(start_of(node), "async ")
        text = f"async with {factory}() as {name}:\n{indent}    yield {name}"
        sheet.replace(start_of(first), end_of(last), text)

    def _check_closed(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A session that nobody closes would be thrown away with its connection open, which only a thread survives."""
        inside = list(walk(node))
        for each in inside:
            match each:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)) if (
                    self._seen.role_of(self._sheet.module.path, func) == "factory"
                ):
                    closed = any(isinstance(x, ast.Attribute) and dotted(x) == f"{name}.close" for x in inside)
                    given = any(
                        isinstance(x, ast.Return | ast.Yield | ast.withitem | ast.Assign)
                        and x is not each
                        and name_of(x.context_expr if isinstance(x, ast.withitem) else x.value or x) == name
                        for x in inside
                    )
                    if not closed and not given:
                        self._close(node, each, name)

    def _close(self, node: ast.FunctionDef | ast.AsyncFunctionDef, made: ast.Assign, name: str) -> None:
        """Close a session at the end of its function, where all ways lead there."""
        leaves = any(isinstance(each, ast.Return) for each in walk(node))
        if made not in node.body or leaves or node.body[0].lineno == node.lineno:
            reason = f"opens `{name}` and never closes it; give it a `with`"
            self._refusals.append(f"{self._sheet.where(made)} {reason}")
            return
        end = end_of(node.body[-1])
        line = self._sheet.opened.text.encode().splitlines()[end[0] - 1]
        indent = " " * made.col_offset
        self._sheet.insert((end[0], len(line)), f"\n{indent}await {name}.close()")

    def _annotate(self, node: ast.FunctionDef) -> None:
        """`Iterator[Session]` becomes `AsyncIterator[AsyncSession]`."""
        sheet, returns = self._sheet, node.returns
        head = returns.value if isinstance(returns, ast.Subscript) else returns
        found = GENERATORS.keys() & self._seen.outside(sheet, head) if head is not None else ()
        if head is None or not found:
            return
        module, _, new = GENERATORS[min(found)].rpartition(".")
        if isinstance(head, ast.Name):
            sheet.replace(start_of(head), end_of(head), new)
            sheet.add_import(module, new)
        else:
            line, column = end_of(head)
            sheet.replace((line, column - len(name_of(head))), (line, column), new)
        if new == "AsyncGenerator" and isinstance(returns, ast.Subscript) and isinstance(returns.slice, ast.Tuple):
            parts = returns.slice.elts
            sheet.replace(end_of(parts[1]), end_of(parts[-1]), "")

    def _lend(self, made: ast.stmt, block: ast.Try) -> None:
        """`session = factory()`, `try:`, `finally: session.close()`: `async with` does it, even when cancelled."""
        sheet = self._sheet
        match made, block:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func) as call),
                ast.Try(handlers=[], orelse=[], finalbody=[ast.Expr(value=ast.Call(args=[], func=closing))]),
            ) if dotted(closing) == f"{name}.close":
                pass
            case _:
                return
        if self._seen.role_of(sheet.module.path, func) != "factory" and not self._seen.makes(call, "session"):
            return
        inside = made is block.body[0]
        first = block.body[1] if inside and len(block.body) > 1 else block.body[0]
        last, close = block.body[-1], block.finalbody[0]
        start = start_of(block) if inside else start_of(made)
        gone = sheet.between(start, start_of(first)) + sheet.between(end_of(last), end_of(close))
        if first is made or first.lineno in {block.lineno, made.lineno} or "#" in gone:
            return
        head = (block.lineno, block.col_offset + len("try:"))
        sheet.replace(start, start_of(call), "async with ")
        sheet.replace(end_of(made), max(end_of(made), head), f" as {name}:")
        sheet.drop(end_of(last), end_of(close))
