"""Bytes to tree, or the reason why not, with the Python to use where the syntax is newer than the one running."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from typing import TYPE_CHECKING

from codemods.facts.positions import LINE_END
from codemods.source import UnreadableError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEWER = (
    ((3, 12), r"^\s*type\s+\w+\s*(\[.*\]\s*)?=", "a `type` statement"),
    ((3, 13), r"^\s*(class|(async\s+)?def)\s+\w+\s*\[[^\]]*\w\s*=", "a default for a type parameter"),
    ((3, 12), r"^\s*(class|(async\s+)?def)\s+\w+\s*\[", "type parameters"),
    ((3, 14), r"^\s*except\s+[\w.]+\s*,", "`except` without parentheses"),
    ((3, 14), r"(?<![\w\"'])([tT][rR]?|[rR][tT])[\"']", "a t-string"),
    ((3, 15), r"^\s*lazy\s+(import|from)\b", "a lazy import"),
    ((3, 15), r"[\[{(]\s*\*{1,2}[^\]})]*\sfor\s", "unpacking in a comprehension"),
)
_F_STRING = re.compile(r"(?<![\w\"'])(f|rf|fr)[\"']", re.IGNORECASE)


class UnparsableError(Exception):
    """A file that Python cannot read; `line` is 0 where no line is to blame."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def parse(data: bytes) -> tuple[ast.Module, str]:
    """The tree and the text of a file."""
    try:
        text = decode(data)
    except UnreadableError as error:
        raise UnparsableError(error.line, error.message) from error
    try:
        with warnings.catch_warnings():
            # A doubtful escape sequence in the code under inspection is that project's business.
            warnings.simplefilter("ignore")
            return ast.parse(text), text
    except SyntaxError as error:
        raise UnparsableError(error.lineno or 0, _explain(error, text)) from error
    except (RecursionError, MemoryError) as error:
        raise UnparsableError(
            0, "nested too deeply for Python's own parser; split the expression, or leave the file out with `exclude`"
        ) from error
    except ValueError as error:
        raise UnparsableError(0, f"cannot be parsed: {error}") from error


def _explain(error: SyntaxError, text: str) -> str:
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    lines = LINE_END.split(text)
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    for needed, what in _newer(line):
        return f"{what} (new in Python {needed}), and offloop is running on {running}: run it with {needed} or newer"
    if sys.version_info < (3, 12) and (error.msg.startswith("f-string") or _F_STRING.search(line)):
        return (
            f"syntax error: {error.msg}; if the file is right, its f-string needs Python 3.12, and offloop is running "
            f"on {running}: run it with Python 3.12 or newer"
        )
    return f"syntax error: {error.msg}"


def _newer(line: str) -> Iterator[tuple[str, str]]:
    for version, pattern, what in _NEWER:
        if version > sys.version_info[:2] and re.search(pattern, line):
            yield f"{version[0]}.{version[1]}", what
