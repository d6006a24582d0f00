"""One call on its way to httpx, with all that was found out about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

    from codemods.edits import AsyncBlock, Recast, Reword
    from codemods.hazards import Hazard, Situation
    from codemods.mods.http.calls import Asked
    from codemods.mods.http.sessions import Session


@dataclass(eq=False)
class Member:
    """A call that may go to httpx."""

    number: int
    situation: Situation
    node: ast.Call
    asked: Asked
    refusal: str = ""
    session: Session | None = None
    """The session whose method it is."""
    client: str = ""
    """What it calls the client that takes the place of a session which a module keeps."""
    hazards: list[Hazard] = field(default_factory=list)
    answered: list[Hazard] = field(default_factory=list)
    """What becomes of its answer, and of what waits for its exceptions."""
    edits: list[Reword | AsyncBlock | Recast] = field(default_factory=list)
    covered: list[ast.AST] = field(default_factory=list)
