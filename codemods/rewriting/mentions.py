"""Which mention of a name a node is: names and attributes counted as `ast` has them, where they are expressions."""

from __future__ import annotations

from collections import Counter

import libcst as cst

# Where a name is no expression: what is bound, or named, by it.
_BOUND: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.Arg: ("keyword",),
    cst.Attribute: ("attr",),
    cst.ClassDef: ("name",),
    cst.FunctionDef: ("name",),
    cst.MatchAs: ("name",),
    cst.MatchKeywordElement: ("key",),
    cst.MatchMapping: ("rest",),
    cst.MatchStar: ("name",),
    cst.NameItem: ("name",),
    cst.Param: ("name",),
    cst.ParamSpec: ("name",),
    cst.TypeVar: ("name",),
    cst.TypeVarTuple: ("name",),
}


class Mentions(cst.CSTTransformer):
    """Counts them on the way down."""

    def __init__(self) -> None:
        super().__init__()
        self.mentioned: dict[cst.CSTNode, tuple[str, int]] = {}
        """The name of each mention that is open, and the how-manieth of that name it is."""
        self._counts: Counter[str] = Counter()
        self._bound: set[cst.CSTNode] = set()

    def count(self, node: cst.CSTNode) -> None:
        """Take a node into account, before those below it."""
        self._bound.update(_bound_by(node))
        if node in self._bound:
            return
        name = node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""
        if name:
            self.mentioned[node] = name, self._counts[name]
            self._counts[name] += 1


def _bound_by(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes directly below one that are no expressions."""
    match node:
        case cst.ImportAlias() | cst.ImportFrom():
            return _inside(node)
        case cst.ExceptHandler(name=cst.AsName() as given) | cst.ExceptStarHandler(name=cst.AsName() as given):
            return [given.name]
    fields = _BOUND.get(type(node), ())
    return [each for field in fields if (each := getattr(node, field)) is not None]


def _inside(node: cst.CSTNode) -> list[cst.CSTNode]:
    found = []
    waiting = list(node.children)
    while waiting:
        each = waiting.pop()
        found.append(each)
        waiting += each.children
    return found
