"""What must hold of a rewritten file before it may be written.

Each check is independent of the code that made the change: it looks at the two texts, and at what the analysis says of
the new one.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from codecs import BOM_UTF8
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import UnparsableError, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codemods.edits import Lines
    from codemods.model import Finding
    from codemods.program import Module, Program

# So many lines after a change must be as they were, for the place where it ends to be certain.
_WINDOW = 3
_IMPORT = re.compile(rb"\s*(import|from)\b")


def compiles(data: bytes) -> str:
    """Why a file cannot be compiled; empty when it can."""
    try:
        tree, _ = parse(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, "<rewritten>", "exec", dont_inherit=True)
    except UnparsableError as error:
        return f"line {error.line}: {error.message}"
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (RecursionError, MemoryError, ValueError) as error:
        return f"it cannot be compiled: {error}"
    return ""


def unbound(before: ast.Module, after: bytes) -> Iterator[str]:
    """Names that an import has bound, that nothing binds any more, and that are still used."""
    new, _ = parse(after)
    bound = {
        name
        for node in ast.walk(new)
        for name in (getattr(node, "arg", None), getattr(node, "name", None))
        if isinstance(name, str)
    }
    bound |= {node.id for node in ast.walk(new) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    gone = _imported(before) - _imported(new) - bound
    for node in ast.walk(new):
        if isinstance(node, ast.Name) and node.id in gone:
            yield f"line {node.lineno} uses `{node.id}`, which is no longer imported"
            return


def _imported(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def text_faults(before: bytes, after: bytes, lines: Lines) -> Iterator[str]:
    """Changes outside the lines that were to change, and comments that went missing."""
    written = after.removeprefix(BOM_UTF8).split(b"\n")
    for text in lines.added:
        place = next((n for n, each in enumerate(written) if each.strip() == text.encode()), -1)
        written[place : place + 1] = [] if place >= 0 else written[place : place + 1]
    line = _first_stray(before.removeprefix(BOM_UTF8).split(b"\n"), written, lines)
    if line:
        yield f"line {line} would change, which no edit was to touch"
    if Counter(_comments(before)) != Counter(_comments(after)):
        yield "a comment would go missing or change"


def _all(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {line for first, last in ranges for line in range(first, last + 1)}


def _first_stray(old: Sequence[bytes], new: Sequence[bytes], lines: Lines) -> int:
    """The number of the first old line where the two texts part without a reason; 0 if there is none.

    Blank lines may come and go with what they set apart. Lines that move keep their text and their order.
    """
    kept, dropped = _all(lines.kept), _all(lines.dropped)
    changing = kept | _all(lines.moved)
    # A line that loses an import, and holds a call that changes as well, is one that changes.
    gone = dropped - kept
    expected = [(number, line) for number, line in enumerate(old, 1) if line.strip() and number not in gone]
    written = [line for line in new if line.strip()]
    i = j = last = 0
    while i < len(expected):
        number, wanted = expected[i]
        if number in changing:
            end = i
            while end < len(expected) and expected[end][0] in changing:
                end += 1
            steady = [line.strip() for number, line in expected[i:end] if number not in kept]
            fixed = takewhile(lambda each: each[0] not in changing, expected[end : end + _WINDOW])
            following = [line for _, line in fixed]
            found = _after(written, j, steady, following)
            if found < 0:
                # As many lines as can be found after the change are fine; the next one is not.
                known = next(
                    (n for n in range(len(following) - 1, 0, -1) if _after(written, j, steady, following[:n]) >= 0), 0
                )
                return expected[end + known][0] if following else number
            i, j, last = end, found, expected[end - 1][0]
        elif j < len(written) and written[j] == wanted:
            i, j, last = i + 1, j + 1, number
        elif j < len(written) and (_IMPORT.match(written[j]) or not dropped.isdisjoint(range(last, number))):
            j += 1
        else:
            return number
    stray = [line for line in written[j:] if not _IMPORT.match(line) and dropped.isdisjoint(range(last, len(old) + 1))]
    return len(old) + 1 if stray else 0


def _after(written: Sequence[bytes], start: int, steady: Sequence[bytes], following: Sequence[bytes]) -> int:
    """Where the text goes on as before, once all lines that only move have come by; -1 if it never does."""
    seen = 0
    for place in range(start, len(written) + 1):
        if seen == len(steady) and place > start and _goes_on(written, place, following):
            return place
        if place < len(written) and seen < len(steady) and written[place].strip() == steady[seen]:
            seen += 1
    return -1


def _goes_on(written: Sequence[bytes], place: int, following: Sequence[bytes]) -> bool:
    if not following:
        return place == len(written)
    return list(written[place : place + len(following)]) == list(following)


def analysis_faults(left: Iterable[Finding], now: Iterable[Finding]) -> Iterator[str]:
    """What the analysis of the new text must find: what was to be left, no less and no more."""
    expected, found = Counter(map(_kind_of, left)), Counter(map(_kind_of, now))
    for (function, callee), count in (found - expected).items():
        yield f"{count} more call of {callee} in {function} than there should be"
    for (function, callee), count in (expected - found).items():
        yield f"{count} call of {callee} in {function} that nothing was to touch is gone"


def forgotten(program: Program, module: Module) -> int:
    """How many coroutines of a file are neither awaited nor handed to anything."""
    functions = catalog.coroutine_functions()
    return sum(
        bool(program.resolve(module, call.scope, call.callee).outside & functions)
        for call in module.facts.calls
        if call.callee and not call.awaited and call.argument_of < 0
    )


def _kind_of(finding: Finding) -> tuple[str, str]:
    return finding.function, finding.callee


def _comments(data: bytes) -> Iterator[str]:
    tokens = tokenize.tokenize(io.BytesIO(data).readline)
    try:
        for token in tokens:
            if token.type == tokenize.COMMENT:
                yield token.string
    except (tokenize.TokenError, SyntaxError):
        return
