"""Text put in place of stretches of a file, before anything else is done to it, and the lines that it made too long."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

import libcst as cst

from codemods.rewriting.blocks import code_of
from codemods.rewriting.lines import fitted_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codemods.edits import Splice


def spliced(data: bytes, splices: Iterable[Splice]) -> bytes:
    """The bytes of a UTF-8 file with its splices carried out; what goes to the same place comes in the order given."""
    mark = BOM_UTF8 if data.startswith(BOM_UTF8) else b""
    lines = data.removeprefix(mark).splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    newline = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    text, parts, done = b"".join(lines), [], 0
    for splice in sorted(splices, key=lambda each: each.start):
        first, last = (starts[line - 1] + column for line, column in (splice.start, splice.end))
        if first < done:
            raise LookupError(f"line {splice.start[0]} would be changed twice in one place")
        parts += [text[done:first], splice.text.encode().replace(b"\n", newline)]
        done = last
    return b"".join([mark, *parts, text[done:]])


def fitted(module: cst.Module, before: bytes, limit: int) -> cst.Module:
    """A module whose new lines are as short as its formatter wants them; `before` is the text that has the old ones."""
    return module.visit(_Fitting({line.strip() for line in before.decode().splitlines()}, module.default_indent, limit))


class _Fitting(cst.CSTTransformer):
    def __init__(self, old: set[str], unit: str, limit: int) -> None:
        super().__init__()
        self._old = old
        self._unit = unit
        self._limit = limit
        self._indents: list[str] = []

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:  # noqa: N802
        self._indents.append(self._unit if node.indent is None else node.indent)

    def leave_IndentedBlock(  # noqa: N802
        self,
        original_node: cst.IndentedBlock,  # noqa: ARG002
        updated_node: cst.IndentedBlock,
    ) -> cst.IndentedBlock:
        self._indents.pop()
        return updated_node

    def leave_SimpleStatementLine(  # noqa: N802
        self,
        original_node: cst.SimpleStatementLine,  # noqa: ARG002
        updated_node: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine:
        if code_of(updated_node.with_changes(leading_lines=())).strip() in self._old:
            return updated_node
        return fitted_line(updated_node, "".join(self._indents), self._unit, self._limit)
