"""The comments that ask for silence: `offloop: ignore`, and those of linters that watch for the same calls."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

from codemods.facts.kinds import Ignore

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = re.compile(r"#\s*offloop:\s*ignore\b(?:\s*\[(?P<names>[^\]]*)\])?")
_NOQA = re.compile(
    r"#\s*(?P<file>(?:ruff|flake8):\s*)?noqa\b(?::\s*(?P<names>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE
)
_HEADING = re.compile(r"\b(standard|std ?lib|built-?ins?|third|local|first|imports?)\b", re.IGNORECASE)
_LONGEST_HEADING = 5
_NAMES = re.compile(r"[\w-]+")


def heads_imports(comment: str) -> bool:
    """Whether a comment is the heading of a section of imports (`# Third party`), not about the one below it."""
    return _HEADING.search(comment) is not None and len(comment.lstrip("# ").split()) <= _LONGEST_HEADING


def ignores(text: str) -> Iterator[Ignore]:
    """Every such comment of a file; only files that hold one are read for them."""
    if not (_OURS.search(text) or _NOQA.search(text)):
        return
    # Python's line ends, not those of str.splitlines, so that lines count as in the tree.
    lines = io.StringIO(text, newline=None)
    try:
        for token in tokenize.generate_tokens(lines.readline):
            if token.type == tokenize.COMMENT:
                yield from _in_comment(token.string, token.start[0])
    except (tokenize.TokenError, SyntaxError):
        # The file parsed, so this is a corner where tokenize is stricter: what came before still counts.
        return


def _in_comment(comment: str, line: int) -> Iterator[Ignore]:
    for match in _OURS.finditer(comment):
        yield Ignore(line, match.group(), ours=True, names=_names(match))
    for match in _NOQA.finditer(comment):
        yield Ignore(0 if match.group("file") else line, match.group(), ours=False, names=_names(match))


def _names(match: re.Match[str]) -> tuple[str, ...] | None:
    names = match.group("names")
    return None if names is None else tuple(_NAMES.findall(names))
