"""How long a project's formatter lets lines be."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_USUAL = 88
_FILES = ("ruff.toml", ".ruff.toml", "pyproject.toml")


def line_length(file: Path) -> int:
    """The longest line that the formatter of a file's project leaves alone; 0 where no formatter is set up."""
    return _of_folder(os.path.dirname(os.path.abspath(file)))  # noqa: PTH100, PTH120 (symlinks are not followed)


@cache
def _of_folder(folder: str) -> int:
    for name in _FILES:
        table = _table(Path(folder, name))
        if table is not None:
            tools = [table] if name != "pyproject.toml" else _tools(table)
            for tool in tools:
                length = tool.get("line-length", tool.get("line_length", _USUAL))
                return length if isinstance(length, int) else _USUAL
    above = os.path.dirname(folder)  # noqa: PTH120
    if above == folder or Path(folder, ".git").exists():
        return 0
    return _of_folder(above)


def _tools(table: dict[str, Any]) -> list[dict[str, Any]]:
    tool = table.get("tool")
    found = [tool.get(name) for name in ("ruff", "black")] if isinstance(tool, dict) else []
    return [each for each in found if isinstance(each, dict)]


def _table(file: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(file.read_text("utf-8-sig")) if file.is_file() else None
    except (OSError, ValueError):
        # A manifest that cannot be read says nothing about lines; whoever needs it will say so.
        return None
