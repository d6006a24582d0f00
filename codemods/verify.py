"""What must hold of a rewritten file before it may be written.

Each check is independent of the code that made the change: it looks at the two texts, and at what the analysis says of
the new one.
"""

from __future__ import annotations

import io
import re
import tokenize
import warnings
from codecs import BOM_UTF8
from collections import Counter
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import UnparsableError, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codemods.model import Finding
    from codemods.program import Module, Program

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


def text_faults(
    before: bytes, after: bytes, replaced: Iterable[tuple[int, int]], dropped: Iterable[tuple[int, int]]
) -> Iterator[str]:
    """Changes outside the lines that were to change, and comments that went missing.

    `replaced` are the lines of calls, which stay as many as they are; `dropped` those of imports that lose a name.
    """
    line = _first_stray(
        before.removeprefix(BOM_UTF8).split(b"\n"),
        after.removeprefix(BOM_UTF8).split(b"\n"),
        {line for first, last in replaced for line in range(first, last + 1)},
        {line for first, last in dropped for line in range(first, last + 1)},
    )
    if line:
        yield f"line {line} would change, which no edit was to touch"
    if Counter(_comments(before)) != Counter(_comments(after)):
        yield "a comment would go missing or change"


def _first_stray(old: Sequence[bytes], new: Sequence[bytes], replaced: set[int], dropped: set[int]) -> int:
    """The number of the first old line where the two texts part without a reason; 0 if there is none.

    Blank lines may come and go with the imports that they set apart.
    """
    expected = [(number, line) for number, line in enumerate(old, 1) if line.strip() and number not in dropped]
    expected.append((len(old) + 1, b""))
    i = last = 0
    for line in [*(line for line in new if line.strip()), b""]:
        number, wanted = expected[min(i, len(expected) - 1)]
        added = _IMPORT.match(line) and not _IMPORT.match(wanted)
        if line == wanted or (number in replaced and not added):
            i, last = i + 1, number
        elif not _IMPORT.match(line) and dropped.isdisjoint(range(last, number)):
            return number
    return 0 if i == len(expected) else expected[i][0]


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
