r"""Unified diffs that `git apply` takes as they are.

All in bytes: a file's own encoding and line ends pass through. Lines end at "\n" only, as git has it; difflib on text
split by str.splitlines would also cut at form feeds and lone carriage returns.
"""

from __future__ import annotations

import difflib
import os
import re
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from codemods.model import Change

_Tag = Literal["replace", "delete", "insert", "equal"]
_CONTEXT = 3
_QUOTED = re.compile(rb'[\x00-\x1f"\\\x7f]')
_MORE_QUOTED = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')
_ESCAPES = {7: b"a", 8: b"b", 9: b"t", 10: b"n", 11: b"v", 12: b"f", 13: b"r", 34: b'"', 92: b"\\"}
_HEAD = 3
_BOLD = b"\x1b[1m"
_COLOURS = {b"+": b"\x1b[32m", b"-": b"\x1b[31m", b"@": b"\x1b[36m"}


def unified_diff(change: Change, root: Path) -> bytes:
    """One file's diff, with its path relative to a folder: the git root, or the current directory outside git."""
    name = os.fsencode(os.path.relpath(change.file, root).replace(os.sep, "/"))
    old, new = _name(b"a/" + name), _name(b"b/" + name)
    # With this line git takes the names from the top of the work tree, wherever it is called.
    head = [b"diff --git %s %s\n" % (old, new), b"--- %s%s\n" % (old, _tab(old)), b"+++ %s%s\n" % (new, _tab(new))]
    return b"".join([*head, *_hunks(_lines(change.before), _lines(change.after))])


def coloured(diff: bytes) -> bytes:
    """One file's diff for a terminal."""
    lines = _lines(diff)
    head = [_colour(_BOLD, line) for line in lines[:_HEAD]]
    return b"".join(head + [_colour(_COLOURS.get(line[:1], b""), line) for line in lines[_HEAD:]])


def _colour(colour: bytes, line: bytes) -> bytes:
    return b"%s%s\x1b[0m\n" % (colour, line.removesuffix(b"\n")) if colour else line


def _lines(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    last = parts.pop()
    return [part + b"\n" for part in parts] + ([last] if last else [])


def _hunks(old: list[bytes], new: list[bytes]) -> Iterator[bytes]:
    for group in _Pieces(old, new).get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield b"@@ -%s +%s @@\n" % (_range(first[1], last[2]), _range(first[3], last[4]))
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                yield from _marked(b" ", old[start:end])
            else:
                yield from _marked(b"-", old[start:end])
                yield from _marked(b"+", new[new_start:new_end])


class _Pieces(difflib.SequenceMatcher[bytes]):
    """Compares piece by piece, between lines that stand just once in both texts.

    As a whole, a long file with thousands of changes takes time by the product of the two.
    """

    def __init__(self, old: list[bytes], new: list[bytes]) -> None:
        super().__init__(a=old, b=new)
        self._old, self._new = old, new

    def get_opcodes(self) -> list[tuple[_Tag, int, int, int, int]]:
        """What difflib would answer, put together from the pieces."""
        found: list[tuple[_Tag, int, int, int, int]] = []
        old, new = self._old, self._new
        start, new_start = 0, 0
        for end, new_end in (*_anchors(old, new), (len(old), len(new))):
            piece = difflib.SequenceMatcher(a=old[start:end], b=new[new_start:new_end])
            for tag, first, last, new_first, new_last in piece.get_opcodes():
                step = (tag, start + first, start + last, new_start + new_first, new_start + new_last)
                if found and found[-1][0] == tag:
                    step = (tag, found[-1][1], step[2], found[-1][3], step[4])
                    found.pop()
                found.append(step)
            start, new_start = end, new_end
        return found


def _anchors(old: list[bytes], new: list[bytes]) -> Iterator[tuple[int, int]]:
    """The places of lines that stand once in both texts: as many as have the same order in both.

    Taking them as they come would let one line that stands somewhere else now keep out all between its two places.
    """
    once, counts = Counter(old), Counter(new)
    places = {line: place for place, line in enumerate(new)}
    both = [(place, places[line]) for place, line in enumerate(old) if once[line] == counts[line] == 1]
    # Of all rows of a length, the one that ends first in the new text; and for each place the one before it in its row.
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(both):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
    row: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        row.append(both[number])
        number = before[number]
    return reversed(row)


def _range(start: int, end: int) -> bytes:
    length = end - start
    # An empty range names the line before it.
    first = start + 1 if length else start
    return b"%d" % first if length == 1 else b"%d,%d" % (first, length)


def _marked(mark: bytes, lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield mark + line
        if not line.endswith(b"\n"):
            yield b"\n\\ No newline at end of file\n"


def _name(name: bytes) -> bytes:
    """A name as git writes it: quoted like a C string where it has to be."""
    # What is not printable may still be a control character to a terminal (C1), or turn the text around (bidi).
    quoted = _QUOTED if name.decode("utf-8", "replace").isprintable() else _MORE_QUOTED
    return b'"%s"' % quoted.sub(_escaped, name) if quoted.search(name) else name


def _escaped(match: re.Match[bytes]) -> bytes:
    code = match.group()[0]
    return b"\\" + _ESCAPES.get(code, b"%03o" % code)


def _tab(name: bytes) -> bytes:
    """A blank in a bare name needs a tab after it, or readers take what follows for a date."""
    return b"\t" if b" " in name and not name.startswith(b'"') else b""
