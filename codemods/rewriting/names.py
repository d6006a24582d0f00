"""Names: those that an import binds, and dotted ones."""

from __future__ import annotations

import libcst as cst


def bound(alias: cst.ImportAlias) -> str:
    """The name that a part of an import binds."""
    if alias.asname is not None:
        return alias.evaluated_alias or ""
    return alias.evaluated_name.partition(".")[0]


def without_name(node: cst.Import | cst.ImportFrom, name: str) -> cst.Import | cst.ImportFrom | None:
    """An import without one of its names, or nothing where it was the only one."""
    if isinstance(node.names, cst.ImportStar):
        return node
    names = list(node.names)
    place = next(number for number, alias in enumerate(names) if bound(alias) == name)
    going = names.pop(place)
    if not names:
        return None
    if place == len(names):
        names[-1] = names[-1].with_changes(comma=going.comma)
    return node.with_changes(names=names)


def dotted(node: cst.BaseExpression) -> str:
    """`a.b.c` for a chain of attributes on a name, else nothing."""
    if isinstance(node, cst.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr.value}" if owner else ""
    return node.value if isinstance(node, cst.Name) else ""
