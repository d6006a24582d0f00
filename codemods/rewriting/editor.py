"""Edits inside one top-level statement: calls awaited, or no longer; functions, imports and statements changed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

import libcst as cst

from codemods.edits import (
    AsyncBlock,
    AwaitTwin,
    Below,
    Decorate,
    DropAwait,
    DropImport,
    DropStatement,
    Enter,
    Hoist,
    Offload,
    Outline,
    Recast,
    Reword,
    ToAsync,
    ToDef,
    Within,
)
from codemods.rewriting.awaits import AwaitedCall, bare, enclosed, in_thread, swapped, through
from codemods.rewriting.blocks import Statement, code_of, decorated, last_bare, without_empty
from codemods.rewriting.lines import WIDEST, Style, fitted_arguments, fitted_function, fitted_line, fitted_test
from codemods.rewriting.mentions import Mentions
from codemods.rewriting.names import dotted, without_name
from codemods.rewriting.outlines import hoisted, outlined
from codemods.rewriting.recast import around, entered, fitted_head, method, recast, reworded, within

if TYPE_CHECKING:
    from collections.abc import Collection

    from codemods.edits import CallEdit, Edit


class Editor(Mentions):
    """Counts calls, functions, statements and imports as they come, and edits those that are named by their number."""

    def __init__(self, edits: Collection[Edit], style: Style) -> None:
        super().__init__()
        self.style = style
        self.indents: list[str] = []
        self.stretched = 0
        """How long the statement that is being left may be, now that it got longer; 0 where that does not matter."""
        self.of_calls: dict[int, CallEdit] = {}
        self.drops: dict[int, DropImport] = {}
        self.functions: dict[int, ToDef | ToAsync] = {}
        self.decorators = _by_function(edits)
        self.regions: dict[int, Outline | Hoist] = {}
        self.blocks: dict[int, Within | Enter] = {}
        self.below: dict[int, list[Below]] = defaultdict(list)
        self.lines: dict[int, DropStatement] = {}
        self.withs: dict[int, AsyncBlock] = {}
        self.words: dict[tuple[str, int], Reword] = {}
        for edit in edits:
            match edit:
                case AwaitTwin() | Offload() | DropAwait() | Recast():
                    self.of_calls[edit.call] = edit
                case Reword():
                    self.words[edit.name, edit.number] = edit
                case Within() | Enter():
                    self.blocks[edit.first] = edit
                case Below():
                    self.below[edit.place].append(edit)
                case DropStatement():
                    self.lines[edit.place] = edit
                case AsyncBlock():
                    self.withs[edit.place] = edit
                case DropImport():
                    self.drops[edit.place] = edit
                case ToDef() | ToAsync():
                    self.functions[edit.function] = edit
                case Outline():
                    self.regions[edit.first] = edit
                case Hoist():
                    self.regions[edit.place] = edit
        self.calls = self.imports = self.function_count = self.statements = 0
        self.open_calls: list[int] = []
        self.open_functions: list[int] = []
        self.numbers: dict[cst.CSTNode, int] = {}
        self.awaited: set[cst.CSTNode] = set()
        self.freed: set[cst.CSTNode] = set()
        """Calls whose await goes, until they meet it."""
        self.unawaited: set[cst.CSTNode] = set()
        self.affirmed: set[cst.CSTNode] = set()
        """Expressions in place of others whose `not` goes."""
        self.spread: set[cst.CSTNode] = set()
        """Tuples in place of an element of another one."""
        self.emptied: dict[cst.CSTNode, cst.SimpleStatementLine] = {}

    def check(self) -> None:
        """Every edit must have met its node."""
        of_statements = (self.functions, self.decorators, self.regions, self.blocks, self.below, self.lines, self.withs)
        waiting = (self.of_calls, self.drops, *of_statements, self.words)
        left = [edit for edits in waiting for edit in edits.values()]
        if left or self.freed or self.affirmed or self.spread:
            raise LookupError(f"no place found for {left}")

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Number the statements on the way down, as they are read."""
        if isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            self.numbers[node] = self.statements
            self.statements += 1
        self.count(node)
        return super().on_visit(node)

    # Calls

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802, ARG002
        """Count it on the way down, as `ast` is counted."""
        self.open_calls.append(self.calls)
        self.calls += 1

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        """Have it awaited, or no longer."""
        edit = self.of_calls.pop(self.open_calls.pop(), None)
        updated_node = self.spread_out(updated_node)
        if edit is None:
            return updated_node.with_changes(func=self.fitted(updated_node.func))
        if dotted(original_node.func) != edit.callee:
            raise LookupError(f"expected a call of {edit.callee or 'something without a name'}")
        if isinstance(edit, DropAwait):
            call = updated_node.with_changes(func=self.fitted(updated_node.func))
            freed = through(call, edit.through) if edit.through else call
            self.freed.add(freed)
            return freed
        if isinstance(edit, Recast):
            call = method(updated_node, edit.function) if edit.method else recast(updated_node, edit)
            if not edit.awaited:
                self.stretched = self.style.limit or WIDEST
                return call
            call = around(call, edit.around) if edit.around else call
        elif isinstance(edit, AwaitTwin):
            call = swapped(updated_node, edit.twin)
        else:
            call = in_thread(updated_node.with_changes(func=self.fitted(updated_node.func)), edit.runner, edit.partial)
            call = fitted_arguments(call, "".join(self.indents), self.style.limit)
        self.stretched = self.style.limit
        new = AwaitedCall(call, lpar=updated_node.lpar, rpar=updated_node.rpar)
        self.awaited.add(new)
        return new

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.BaseExpression:  # noqa: N802, ARG002
        """An await goes, or is the one that a call in a thread needs."""
        inner = updated_node.expression
        if inner in self.freed:
            self.freed.remove(inner)
            call = bare(updated_node)
            self.unawaited.add(call)
            return call
        if inner in self.awaited and isinstance(inner, AwaitedCall):
            call = AwaitedCall(inner.expression, lpar=updated_node.lpar, rpar=updated_node.rpar)
            self.awaited.add(call)
            return call
        return updated_node

    def leave_Attribute(  # noqa: N802
        self,
        original_node: cst.Attribute,
        updated_node: cst.Attribute,
    ) -> cst.BaseExpression:
        """`(await f()).x`, or something else in its place."""
        node = updated_node.with_changes(value=self.fitted(updated_node.value))
        made = self.reworded(original_node, node, node.value)
        if made is node.value and made is not updated_node.value:
            # Nothing is left of the attribute: the call's own await stands there.
            return updated_node.value
        return made

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:  # noqa: N802
        """Something else in its place."""
        return self.reworded(original_node, updated_node, updated_node)

    def reworded(
        self, original: cst.Attribute | cst.Name, node: cst.Attribute | cst.Name, operand: cst.BaseExpression
    ) -> cst.BaseExpression:
        """What stands in place of a name or an attribute from now on."""
        edit = self.words.pop(self.mentioned.pop(original, ("", -1)), None)
        if edit is None:
            return node
        if edit.text == "{}" and not node.lpar:
            return operand
        bare = operand if operand is not node else node.with_changes(lpar=(), rpar=())
        made = reworded(edit.text, bare)
        made = made.with_changes(lpar=[*node.lpar, *made.lpar], rpar=[*made.rpar, *node.rpar])
        if edit.without_not:
            self.affirmed.add(made)
        if edit.spread:
            self.spread.add(made)
        return made

    def leave_UnaryOperation(  # noqa: N802
        self,
        original_node: cst.UnaryOperation,  # noqa: ARG002
        updated_node: cst.UnaryOperation,
    ) -> cst.BaseExpression:
        """`not reply.ok` may become `reply.is_error`."""
        inner = updated_node.expression
        if inner not in self.affirmed:
            return updated_node
        self.affirmed.remove(inner)
        return inner.with_changes(lpar=[*updated_node.lpar, *inner.lpar], rpar=[*inner.rpar, *updated_node.rpar])

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.Tuple:  # noqa: N802, ARG002
        """`(a, b)` may become `(a, c, d)`."""
        if self.spread.isdisjoint(each.value for each in updated_node.elements):
            return updated_node
        elements: list[cst.BaseElement] = []
        for each in updated_node.elements:
            inner = each.value
            if inner in self.spread and isinstance(inner, cst.Tuple):
                self.spread.remove(inner)
                elements += [*inner.elements[:-1], each.with_changes(value=inner.elements[-1].value)]
            else:
                elements.append(each)
        return updated_node.with_changes(elements=elements)

    def spread_out(self, node: cst.Call) -> cst.Call:
        """`suppress(a)` may become `suppress(b, c)`."""
        args: list[cst.Arg] = []
        for each in node.args:
            inner = each.value
            if inner in self.spread and isinstance(inner, cst.Tuple):
                self.spread.remove(inner)
                args += [cst.Arg(element.value) for element in inner.elements[:-1]]
                args.append(each.with_changes(value=inner.elements[-1].value))
            else:
                args.append(each)
        return node.with_changes(args=args) if len(args) > len(node.args) else node

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:  # noqa: N802
        """`with` becomes `async with`."""
        edit = self.withs.pop(self.numbers[original_node], None)
        if edit is None:
            return updated_node
        indent = "".join(self.indents)
        return fitted_head(updated_node.with_changes(asynchronous=cst.Asynchronous()), indent, self.style)

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:  # noqa: N802
        """`for` becomes `async for`."""
        edit = self.withs.pop(self.numbers[original_node], None)
        return updated_node if edit is None else updated_node.with_changes(asynchronous=cst.Asynchronous())

    def leave_Subscript(  # noqa: N802
        self,
        original_node: cst.Subscript,  # noqa: ARG002
        updated_node: cst.Subscript,
    ) -> cst.Subscript:
        """`(await f())[0]`."""
        return updated_node.with_changes(value=self.fitted(updated_node.value))

    def fitted(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """An operand of what binds tighter than `await`: a new one needs parentheses, an old one had them."""
        return enclosed(node, new=node in self.awaited, gone=node in self.unawaited)

    # Functions

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802, ARG002
        """Count it on the way down."""
        self.open_functions.append(self.function_count)
        self.function_count += 1

    def leave_FunctionDef(  # noqa: N802
        self,
        original_node: cst.FunctionDef,
        updated_node: cst.FunctionDef,
    ) -> cst.FunctionDef:
        """`async def` becomes `def`, or the other way round; and more decorators."""
        number = self.open_functions.pop()
        updated_node = decorated(updated_node, self.decorators.pop(number, ()))
        edit = self.functions.pop(number, None)
        if edit is None:
            return updated_node
        expected = "def" if isinstance(edit, ToAsync) else "async def"
        found = "def" if original_node.asynchronous is None else "async def"
        if (found, original_node.name.value) != (expected, edit.name):
            raise LookupError(f"expected {expected} {edit.name}")
        if isinstance(edit, ToAsync):
            made = updated_node.with_changes(asynchronous=cst.Asynchronous())
            return fitted_function(made, "".join(self.indents), self.style.indent, self.style.limit)
        plain = updated_node.with_changes(asynchronous=None)
        if not edit.returns or updated_node.returns is None:
            return plain
        returns = updated_node.returns.with_changes(annotation=cst.parse_expression(edit.returns))
        return plain.with_changes(returns=returns)

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:  # noqa: N802
        """A condition that got too long is broken."""
        if code_of(original_node.test) == code_of(updated_node.test):
            return updated_node
        return fitted_test(updated_node, "".join(self.indents), self.style.indent, self.style.limit)

    # Imports and blocks

    def leave_Import(  # noqa: N802
        self,
        original_node: cst.Import,  # noqa: ARG002
        updated_node: cst.Import,
    ) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        """`import a, b`."""
        return self.without_name(updated_node)

    def leave_ImportFrom(  # noqa: N802
        self,
        original_node: cst.ImportFrom,  # noqa: ARG002
        updated_node: cst.ImportFrom,
    ) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        """`from a import b, c`."""
        return self.without_name(updated_node)

    def without_name(self, node: cst.Import | cst.ImportFrom) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        """The import without the name that is to go; no import where it was the only one."""
        edit = self.drops.pop(self.imports, None)
        self.imports += 1
        left = node if edit is None else without_name(node, edit.name)
        return cst.RemoveFromParent() if left is None else left

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:  # noqa: N802, ARG002
        """Only what happens inside it makes it longer."""
        self.stretched = 0

    def leave_SimpleStatementLine(  # noqa: N802
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine:
        """A line that got too long is broken; one that lost a statement is remembered, for the gap that it leaves."""
        if self.lines.pop(self.numbers[original_node.body[0]], None) is not None:
            updated_node = updated_node.with_changes(body=[])
        if len(original_node.body) == len(updated_node.body):
            limit, self.stretched = self.stretched, 0
            if not limit:
                return updated_node
            return fitted_line(updated_node, "".join(self.indents), self.style.indent, limit)
        if not updated_node.body:
            self.emptied[original_node] = updated_node
        return updated_node.with_changes(body=last_bare(updated_node.body))

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:  # noqa: N802
        """Keep track of the indentation."""
        self.indents.append(self.style.indent if node.indent is None else node.indent)

    def leave_IndentedBlock(  # noqa: N802
        self,
        original_node: cst.IndentedBlock,
        updated_node: cst.IndentedBlock,
    ) -> cst.IndentedBlock:
        """Statements are outlined; empty lines, which libcst has left out, are put back and go with their gaps."""
        self.indents.pop()
        body = cast("list[Statement]", list(updated_node.body))
        emptied = not self.emptied.keys().isdisjoint(original_node.body)
        if emptied:
            kept = iter(body)
            body = [self.emptied[line] if line in self.emptied else next(kept) for line in original_node.body]
        if self.regions or self.blocks or self.below:
            body = self.with_regions(original_node, body)
        body = without_empty(body) if emptied else body
        return updated_node.with_changes(body=body) if body != list(updated_node.body) else updated_node

    def with_regions(self, original: cst.IndentedBlock, body: list[Statement]) -> list[Statement]:
        """A block with some of its statements moved into nested functions, or taken apart."""
        numbers = [self.number_of(line) for line in original.body]
        parts = [[line] for line in body]
        for place, edit in [
            (n, self.regions.pop(number)) for n, number in enumerate(numbers) if number in self.regions
        ]:
            if isinstance(edit, Hoist):
                parts[place] = hoisted(body[place], edit.name)
                continue
            end = _end(numbers, place, edit.last)
            parts[place : end + 1] = [
                outlined(without_empty(body[place : end + 1]), edit, first=place == 0),
                *([] for _ in body[place:end]),
            ]
        for place, number in enumerate(numbers):
            parts[place] += [cst.parse_statement(below.text) for below in self.below.pop(number, ())]
        # What starts later is inside of what starts before it.
        for place, number in reversed(list(enumerate(numbers))):
            block = self.blocks.pop(number, None)
            if block is not None:
                end = _end(numbers, place, block.last)
                inside = without_empty([line for part in parts[place : end + 1] for line in part])
                indent = "".join(self.indents)
                if isinstance(block, Within):
                    made = within(inside, block.head, indent, self.style)
                else:
                    made = entered(inside, indent, self.style)
                parts[place : end + 1] = [[made], *([] for _ in body[place:end])]
        return [line for part in parts for line in part]

    def number_of(self, line: cst.CSTNode) -> int:
        """The number of a line's first statement."""
        return self.numbers[line.body[0] if isinstance(line, cst.SimpleStatementLine) else line]


def _by_function(edits: Collection[Edit]) -> dict[int, list[Decorate]]:
    found: dict[int, list[Decorate]] = defaultdict(list)
    for edit in edits:
        if isinstance(edit, Decorate):
            found[edit.function].append(edit)
    return found


def _end(numbers: list[int], place: int, last: int) -> int:
    """The place of the last statement of a region in its block."""
    return max(n for n, number in enumerate(numbers) if n >= place and number <= last)
