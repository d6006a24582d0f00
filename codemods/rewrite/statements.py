"""Edits inside one top-level statement: calls swapped for awaited twins, names taken out of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libcst as cst
from libcst._nodes.expression import ExpressionPosition

from codemods.rewrite.blocks import Statement, without_empty

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from codemods.edits import AwaitTwin, DropImport


def locate(body: Sequence[Statement]) -> list[tuple[int, int]]:
    """For each top-level statement as `ast` counts them: its line in libcst's body, and its place in that line.

    libcst keeps `a; b` as one line of two.
    """
    places = []
    for line, statement in enumerate(body):
        count = len(statement.body) if isinstance(statement, cst.SimpleStatementLine) else 1
        places += [(line, small) for small in range(count)]
    return places


def edit_statement(statement: Statement, twins: Mapping[int, AwaitTwin], drops: Mapping[int, DropImport]) -> Statement:
    """One top-level statement with the edits inside it carried out."""
    editor = _Editor(twins, drops)
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
                left = _without(left, name) if name in map(_bound, left.names) else left
        kept += [left] if left is not None else []
    return statement if kept == list(statement.body) else statement.with_changes(body=_last_bare(kept))


def _without(node: cst.Import | cst.ImportFrom, name: str) -> cst.Import | cst.ImportFrom | None:
    """An import without one of its names, or nothing where it was the only one."""
    if isinstance(node.names, cst.ImportStar):
        return node
    names = list(node.names)
    place = next(number for number, alias in enumerate(names) if _bound(alias) == name)
    going = names.pop(place)
    if not names:
        return None
    if place == len(names):
        names[-1] = names[-1].with_changes(comma=going.comma)
    return node.with_changes(names=names)


def _last_bare(statements: Sequence[cst.BaseSmallStatement]) -> list[cst.BaseSmallStatement]:
    """Statements of one line, without a semicolon after the last where taking one out has left it there."""
    if not statements:
        return []
    return [*statements[:-1], statements[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]


class _Editor(cst.CSTTransformer):
    """Counts calls and imports as they come, and edits those that are named by their number."""

    def __init__(self, twins: Mapping[int, AwaitTwin], drops: Mapping[int, DropImport]) -> None:
        super().__init__()
        self.twins, self.drops = dict(twins), dict(drops)
        self.calls = self.imports = 0
        self.open_calls: list[int] = []
        self.awaited: set[cst.CSTNode] = set()
        self.emptied: dict[cst.CSTNode, cst.SimpleStatementLine] = {}

    def check(self) -> None:
        """Every edit must have met its node."""
        if self.twins or self.drops:
            raise LookupError(f"no place found for {[*self.twins.values(), *self.drops.values()]}")

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802, ARG002
        """Count it on the way down, as `ast` is counted."""
        self.open_calls.append(self.calls)
        self.calls += 1

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        """Swap the function, keep all the rest, and await the whole."""
        edit = self.twins.pop(self.open_calls.pop(), None)
        if edit is None:
            return updated_node.with_changes(func=self.enclosed(updated_node.func))
        if _dotted(original_node.func) != edit.callee:
            raise LookupError(f"expected a call of {edit.callee}")
        call = updated_node.with_changes(func=cst.parse_expression(edit.twin), lpar=(), rpar=())
        twin = _AwaitedCall(call, lpar=updated_node.lpar, rpar=updated_node.rpar)
        self.awaited.add(twin)
        return twin

    def leave_Attribute(  # noqa: N802
        self,
        original_node: cst.Attribute,  # noqa: ARG002
        updated_node: cst.Attribute,
    ) -> cst.Attribute:
        """`(await f()).x`."""
        return updated_node.with_changes(value=self.enclosed(updated_node.value))

    def leave_Subscript(  # noqa: N802
        self,
        original_node: cst.Subscript,  # noqa: ARG002
        updated_node: cst.Subscript,
    ) -> cst.Subscript:
        """`(await f())[0]`."""
        return updated_node.with_changes(value=self.enclosed(updated_node.value))

    def enclosed(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """A new await in parentheses: the places that come here bind tighter than `await` does."""
        if node not in self.awaited or node.lpar:
            return node
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

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
        left = node if edit is None else _without(node, edit.name)
        return cst.RemoveFromParent() if left is None else left

    def leave_SimpleStatementLine(  # noqa: N802
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine:
        """A line that lost a statement: an empty one is remembered, for the gap that it leaves."""
        if len(original_node.body) == len(updated_node.body):
            return updated_node
        if not updated_node.body:
            self.emptied[original_node] = updated_node
        return updated_node.with_changes(body=_last_bare(updated_node.body))

    def leave_IndentedBlock(  # noqa: N802
        self,
        original_node: cst.IndentedBlock,
        updated_node: cst.IndentedBlock,
    ) -> cst.IndentedBlock:
        """Libcst has left out the empty lines; they are put back to be taken out with their gaps."""
        if self.emptied.keys().isdisjoint(original_node.body):
            return updated_node
        kept = iter(updated_node.body)
        body = [
            cast("Statement", self.emptied[line] if line in self.emptied else next(kept)) for line in original_node.body
        ]
        return updated_node.with_changes(body=without_empty(body))


class _AwaitedCall(cst.Await):
    """An await that ends as its call does, so that `f()is None` needs no blank more than before.

    libcst asks this of every expression next to a word, and takes an await to end in one.
    """

    def _safe_to_use_with_word_operator(self, position: ExpressionPosition) -> bool:
        if position == ExpressionPosition.LEFT and not self.rpar:
            return self.expression._safe_to_use_with_word_operator(position)  # noqa: SLF001 (libcst's own protocol)
        return bool(self.lpar)


def _bound(alias: cst.ImportAlias) -> str:
    if alias.asname is not None:
        return alias.evaluated_alias or ""
    return alias.evaluated_name.partition(".")[0]


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""
