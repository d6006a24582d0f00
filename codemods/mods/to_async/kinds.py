"""What a value is, as far as a proof that nothing waits needs to know it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from codemods.program.values import Definition

Sort = Literal["number", "scalar", "dict", "list", "object", "thing", "several", "unknown"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A value.

    `scalar` is text, bytes, None and the like, or a number; `list` stands for tuples and sets as well; an `object` is
    of a class of the project, a `thing` of a known one from outside, and `several` may be any of those.
    """

    sort: Sort = "unknown"
    small: bool = False
    """Its size is bounded by what is written in the code, but for the length of texts."""
    cls: Definition | None = None
    type: str = ""
    item: Kind | None = None
    """What the elements are, where that is known."""

    @property
    def known(self) -> bool:
        """Whether it is clear what its operators and its truth do."""
        return self.sort not in {"unknown", "object", "thing"}


NUMBER = Kind("number", small=True)
SCALAR = Kind("scalar", small=True)
UNKNOWN = Kind()
SMALL_DICT = Kind("dict", small=True)
SMALL_LIST = Kind("list", small=True)
LETTERS = Kind("list", item=SCALAR)
EXCEPTION = Kind(type="an exception that is being handled")


def joined(one: Kind, other: Kind) -> Kind:
    """What is one or the other."""
    if one == other:
        return one
    sorts = {one.sort, other.sort}
    small = one.small and other.small
    if sorts <= {"number", "scalar"}:
        return SCALAR
    if len(sorts) == 1 and one.sort in {"dict", "list"}:
        item = joined(one.item, other.item) if one.item and other.item else None
        return replace(one, small=small, item=item)
    return Kind("several", small) if small or (one.known and other.known) else UNKNOWN


def given(text: str) -> Kind:
    """What the catalogue says that something gives."""
    match text:
        case "number":
            return NUMBER
        case "scalar":
            return SCALAR
        case "dict":
            return Kind("dict", small=True, item=SCALAR)
        case "plain":
            return Kind("several", small=True)
        case "":
            return SCALAR
    return Kind("thing", small=True, type=text)


class HeldError(Exception):
    """Something that is not proven."""

    def __init__(self, node: ast.AST, reason: str) -> None:
        super().__init__(reason)
        self.line = getattr(node, "lineno", 0)
        self.reason = reason


def shown(node: ast.AST) -> str:
    """A piece of code in a message."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 40
