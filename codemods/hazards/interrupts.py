"""What can end a wait that nothing could end before: time limits, and a cancellation that a bare except swallows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.values import dotted
from codemods.hazards.situation import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.hazards.situation import Situation


def hazards(situation: Situation) -> Iterator[Hazard]:
    """Time limits around the function or the call, and handlers that would swallow a cancellation."""
    limit = situation.deadlines.over(situation.site.module, situation.site.call)
    if limit:
        path, line = limit
        yield Hazard("unsafe", f"it runs under the time limit of {path}:{line}, which had no effect on it and now will")
    line = _swallowing_handler(situation)
    if line:
        yield Hazard(
            "unsafe",
            f"the `except` of line {line} catches everything, so it would swallow the cancellation that an await lets "
            "in; catch Exception instead",
        )


def _swallowing_handler(situation: Situation) -> int:
    function = situation.opened.function(situation.node)
    for above, part in situation.opened.ancestors(situation.node):
        if above is function:
            break
        if isinstance(above, ast.Try | ast.TryStar) and part in above.body:
            for handler in above.handlers:
                if _catches_all(handler.type) and not any(isinstance(step, ast.Raise) for step in handler.body):
                    return handler.lineno
    return 0


def _catches_all(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    options = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(dotted(option).rpartition(".")[2] == "BaseException" for option in options)
