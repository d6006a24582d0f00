"""gitignore patterns, as the settings use them to leave files out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Exclude:
    """Patterns, relative to the folder of the file that holds them."""

    patterns: tuple[str, ...]
    base: Path

    def matches(self, path: Path) -> bool:
        """Whether a path (absolute) is meant."""
        if not self.patterns:
            return False
        relative = os.path.relpath(path, self.base)
        return not relative.startswith("..") and _spec(self.patterns).match_file(Path(relative).as_posix())


@lru_cache
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    # Most runs exclude nothing, and this import costs as much as the rest of the start.
    from pathspec import GitIgnoreSpec  # noqa: PLC0415

    return GitIgnoreSpec.from_lines(patterns)
