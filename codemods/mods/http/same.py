"""`httpx.get(…)` and the like: the client that httpx makes for one call, made to be awaited."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.edits import Argument
from codemods.mods.http.calls import Asked
from codemods.mods.http.function import Function
from codemods.mods.kinds import BYTES, DICT, NONE, TEXT, Kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.edits import Edit
    from codemods.hazards import Hazard, Situation

# The client takes these where the function takes them for its call.
_OF_THE_CLIENT = frozenset({"cert", "cookies", "proxies", "proxy", "trust_env", "verify"})


def read_same(situation: Situation, node: ast.Call, method: str) -> Asked:
    """A call with the arguments that it has."""
    asked = Asked(method)
    kinds = Kinds(situation)
    if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
        asked.refusal = "its arguments are put together while it runs"
    given = [("", each) for each in node.args] + [(each.arg or "", each.value) for each in node.keywords]
    for place, (keyword, value) in enumerate(given):
        if keyword in _OF_THE_CLIENT:
            asked.refusal = f"httpx's client takes `{keyword}` itself, not for a single call"
        elif keyword == "content" and not kinds.of(value) <= TEXT | BYTES | NONE:
            asked.refusal = "it is not known to be a body that httpx's async client can send"
        elif keyword == "data" and not kinds.of(value) <= DICT | NONE:
            asked.refusal = "it is not known to be a form that httpx's async client can send"
        elif keyword == "files":
            asked.unsafe("files are read while the loop waits")
        asked.arguments.append((keyword, Argument(place), value))
    return asked


class Same(Function):
    """The calls of httpx's own functions: nothing but the waiting changes."""

    own = True

    def _answered(self) -> None:
        """The answers are the same, and so are the exceptions."""

    def _whole(self) -> None:
        if self.loose:
            self._placed()

    def _handlers(self) -> tuple[list[Hazard], dict[str, list[Edit]]]:
        return [], {}

    def _of_all(self) -> Iterator[Hazard]:
        yield from self._of_sharing()
