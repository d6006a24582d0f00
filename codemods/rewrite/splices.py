"""Text put in place of stretches of a file, before anything else is done to it."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

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
