"""Places where Python allows no await, or where one would mean something else."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.hazards.situation import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.hazards.situation import Situation


def hazards(situation: Situation) -> Iterator[Hazard]:
    """Generator expressions, class bodies, self-documenting f-strings, and calls that are awaited already."""
    site = situation.site
    scopes = site.module.facts.scopes
    scope = site.call.scope
    while scope != site.function:
        if scopes[scope].kind == "generator":
            yield Hazard(
                "manual",
                "it stands in a generator expression, which an await would turn into an async generator; "
                "write the loop out, or use a list comprehension",
            )
        elif scopes[scope].kind == "class":
            yield Hazard("manual", "it stands in a class body, where Python allows no await; move it above the class")
        scope = scopes[scope].parent
    if site.call.awaited:
        yield Hazard(
            "manual",
            f"{site.entry.name} is awaited here although it returns no awaitable, so this line blocks and then raises "
            "TypeError; call the async twin instead",
        )
    if _source_is_shown(situation):
        yield Hazard(
            "manual",
            "it stands in an f-string that prints its own source (`{…=}`), so the text would change; take it out",
        )


def _source_is_shown(situation: Situation) -> bool:
    for above, part in situation.opened.ancestors(situation.node):
        if isinstance(above, ast.stmt):
            return False
        if isinstance(above, ast.JoinedStr) and isinstance(part, ast.FormattedValue):
            place = above.values.index(part)
            text = above.values[place - 1] if place else None
            if isinstance(text, ast.Constant) and _ends_with_source(str(text.value), part.value):
                return True
    return False


def _ends_with_source(text: str, value: ast.expr) -> bool:
    """`f"{a()=}"` is stored as the text `a()=` and the value a(). Positions in it are wrong before Python 3.12."""
    shown = text.rstrip()
    return shown.endswith("=") and any(_is_source(shown[start:-1], value) for start in range(len(shown) - 1))


def _is_source(text: str, value: ast.expr) -> bool:
    try:
        return ast.dump(ast.parse(f"({text}\n)", mode="eval").body) == ast.dump(value)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
