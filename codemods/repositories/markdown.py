"""Words of others in Markdown: they stay words, whatever they look like, and call nobody."""

from __future__ import annotations

import re

from codemods.review.plain import visible

_RUNS = re.compile(r"`+")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~^=&$-])")
# What GitHub makes a link of, or a mail to somebody: @name, #12, GH-12, www., https://.
_CALLS = re.compile(r"(@|#(?=\d)|GH-(?=\d)|www(?=\.)|:(?=//))", re.IGNORECASE)
_NOTHING = "&#8203;"


def code(text: str) -> str:
    """Text as a code span: nothing in it means anything."""
    shown = visible(text)
    fence = "`" * (max(map(len, _RUNS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or shown != shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown.strip() else ""


def block(text: str, language: str = "") -> str:
    """Lines of text as a code block."""
    lines = "\n".join(map(visible, text.splitlines()))
    fence = "`" * max(3, max(map(len, _RUNS.findall(lines)), default=0) + 1)
    return f"{fence}{language}\n{lines}\n{fence}"


def plain(text: str) -> str:
    """A sentence; what stands between backticks is code."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return _escaped(visible(text))
    return "".join(code(part) if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    parts = _CALLS.split(text)
    # A character that nobody sees keeps a name from being one.
    return "".join(
        f"{_MARKUP.sub(_backslash, part)}{_NOTHING if number % 2 else ''}" for number, part in enumerate(parts)
    )


def _backslash(match: re.Match[str]) -> str:
    return f"\\{match[1]}"
