"""What can end a wait that nothing could end before: time limits, and cancellations, which clean-up must survive."""

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
    line = _cleaning_up(situation)
    if line:
        yield Hazard(
            "unsafe",
            f"it cleans up (line {line}) after a cancellation as well, which gives up an await at once",
        )


def _cleaning_up(situation: Situation) -> int:
    """The line of the `finally`, or of the handler that meets a cancellation, that a call stands in; 0 if none."""
    function = situation.opened.function(situation.node)
    for above, part in situation.opened.ancestors(situation.region or situation.node):
        if above is function:
            break
        if (
            isinstance(above, ast.Try | ast.TryStar)
            and part in above.finalbody
            and _may_wait(*above.body, *above.handlers, *above.orelse)
        ):
            return above.finalbody[0].lineno
        if isinstance(above, ast.ExceptHandler) and part in above.body and _catches_all(above.type, "CancelledError"):
            block = situation.opened.parent(above)
            return above.lineno if isinstance(block, ast.Try | ast.TryStar) and _may_wait(*block.body) else 0
    return 0


def _may_wait(*parts: ast.AST) -> bool:
    """Whether a cancellation may come while parts of a `try` run: every call in them may be awaited one day."""
    waiting = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Call)
    return any(isinstance(node, waiting) for part in parts for node in ast.walk(part))


def _swallowing_handler(situation: Situation) -> int:
    function = situation.opened.function(situation.node)
    for above, part in situation.opened.ancestors(situation.region or situation.node):
        if above is function:
            break
        if isinstance(above, ast.Try | ast.TryStar) and part in above.body:
            for handler in above.handlers:
                if _catches_all(handler.type) and not any(isinstance(step, ast.Raise) for step in handler.body):
                    return handler.lineno
    return 0


def _catches_all(caught: ast.expr | None, *also: str) -> bool:
    if caught is None:
        return True
    options = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(dotted(option).rpartition(".")[2] in {"BaseException", *also} for option in options)
