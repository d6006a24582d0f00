"""From the parser's positions (bytes of UTF-8, from 0) to people's (characters, from 1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codemods.model import Span

if TYPE_CHECKING:
    import ast

# Python's own line ends; str.splitlines would also split at form feeds and Unicode separators.
LINE_END = re.compile(r"\r\n|\r|\n")


class Positions:
    """Spans of the nodes of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[bytes] | None = None
        self._ascii = text.isascii()

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Where a node stands."""
        last, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return Span(node.lineno, self._column(node.lineno, node.col_offset), last, self._column(last, end))

    def _column(self, line: int, offset: int) -> int:
        if self._ascii:
            return offset + 1
        if self._lines is None:
            self._lines = [part.encode("utf-8", "surrogatepass") for part in LINE_END.split(self._text)]
        return len(self._lines[line - 1][:offset].decode("utf-8", "replace")) + 1
