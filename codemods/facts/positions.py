"""From the parser's positions (bytes of UTF-8, from 0) to people's (characters, from 1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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

    def place(self, node: ast.expr | ast.stmt) -> tuple[int, int, int, int]:
        """Where a node stands: first line and column, last line and the column after it."""
        last, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        if self._ascii:
            return node.lineno, node.col_offset + 1, last, end + 1
        return node.lineno, self._column(node.lineno, node.col_offset), last, self._column(last, end)

    def _column(self, line: int, offset: int) -> int:
        if self._lines is None:
            self._lines = [part.encode("utf-8", "surrogatepass") for part in LINE_END.split(self._text)]
        text = self._lines[line - 1]
        return offset + 1 if text.isascii() else len(text[:offset].decode("utf-8", "replace")) + 1
