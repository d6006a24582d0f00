"""Words and characters that every report shares."""

from __future__ import annotations

import os


def counted(number: int, what: str, plural: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {what if number == 1 else plural or f'{what}s'}"


def listed(parts: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def visible(text: str) -> str:
    """Text whose control characters cannot do anything to a terminal, and that any output can encode."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return shown.encode("utf-8", "backslashreplace").decode()


def shown_path(path: str) -> str:
    """A path as text; bytes that are not UTF-8 are shown escaped."""
    return visible(os.fsencode(path).decode("utf-8", "backslashreplace"))
