"""One blocking call with all that a decision about it may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from codemods.facts import Opened
    from codemods.hazards.patches import Patches
    from codemods.loop import Deadlines, Site
    from codemods.program import Program
    from codemods.program.touches import Touches


@dataclass(frozen=True, slots=True)
class Situation:
    """A site, its node in its file's tree, and the program around it."""

    site: Site
    node: ast.expr
    """The call, or what is read, entered or iterated over where no call stands."""
    opened: Opened
    program: Program
    deadlines: Deadlines
    patches: Patches
    calls: Touches
    region: ast.stmt | None = None
    """The first of the statements that are awaited together with it."""
    hoisted: bool = False
    """Whether the value of the `target += value` around it is made before the target is read."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """A way in which a rewrite may go wrong. `unsafe` may be accepted by a person, `manual` must not be done."""

    level: Literal["unsafe", "manual"]
    reason: str


def worst(hazards: Iterable[Hazard]) -> Hazard | None:
    """The hazard that decides: the first of those that forbid, else all others together, so that none is hidden."""
    found: list[Hazard] = []
    # One at a time: what forbids comes first, and spares looking for the rest.
    for hazard in hazards:
        if hazard.level == "manual":
            return hazard
        found.append(hazard)
    return Hazard("unsafe", "; and ".join(dict.fromkeys(hazard.reason for hazard in found))) if found else None
