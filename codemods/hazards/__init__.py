"""What an await put in place of a blocking call may break: each hazard in a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.hazards import containers, interrupts, locks, placing, races
from codemods.hazards.situation import Hazard, Situation, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Hazard", "Situation", "of_await", "worst"]

_OF_AWAIT = (placing.hazards, locks.hazards, races.hazards, containers.around_await, interrupts.hazards)


def of_await(situation: Situation) -> Iterator[Hazard]:
    """Everything that stands against awaiting where the call stands."""
    for find in _OF_AWAIT:
        yield from find(situation)
