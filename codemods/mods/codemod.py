"""What every codemod has, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from codemods.hazards import Situation
    from codemods.model import Level


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a codemod would do about one site; without a twin it does nothing, and says why."""

    level: Level
    reason: str
    twin: str = ""
    """The qualified name of the function to await instead."""


@dataclass(frozen=True, slots=True)
class Codemod:
    """A rewrite."""

    name: str
    summary: str
    page: str
    """The whole docstring: what it does, why, an example, when it holds back."""
    kinds: tuple[str, ...]
    """The kinds of blocking work that it is for."""
    decide: Callable[[Situation], Verdict]
