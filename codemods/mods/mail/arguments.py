"""The arguments of smtplib's calls as aiosmtplib takes them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import Argument
from codemods.mods.kinds import CONTEXT, Kinds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codemods.hazards import Situation

Given = tuple[str, int, ast.expr]
"""The name of a parameter, the place of its argument in the call, and its value."""


def made(situation: Situation, node: ast.Call) -> tuple[Argument, ...] | str:
    """What makes the connection; or why it cannot be said."""
    known = catalog.mail()["makers"][situation.site.entry.name]
    names: Mapping[str, str] = known["arguments"]
    given = _given(node, list(names)[: catalog.mail()["positions"]["maker"]])
    if isinstance(given, str):
        return given
    unknown = next((name for name, *_ in given if name not in names), "")
    if unknown:
        return f"aiosmtplib takes no `{unknown}` like that"
    values = {name: value for name, _, value in given}
    host, port = values.get("host"), values.get("port")
    if host is None or _is(host, "", None):
        return "it connects later than it is made; give it the host at once"
    if port is None or _is(port, 0):
        if not isinstance(host, ast.Constant) or ":" in str(host.value):
            return "its host may hold the port as well; give it the port"
        given = [each for each in given if each[0] != "port"]
    arguments = [Argument(place, names[name]) for name, place, _ in given]
    more = {**({} if "timeout" in values else {"timeout": "None"}), **known["given"]}
    if "use_tls" in more and not _is_context(situation, values.get("context")):
        more["validate_certs"] = "False"
    return (*arguments, *(Argument(-1, name, text) for name, text in more.items()))


def asked(situation: Situation, node: ast.Call, method: str) -> tuple[Argument, ...] | str:
    """What a command is given; or why aiosmtplib's does not take it."""
    names = {str(name): str(other) for name, other in catalog.mail()["methods"][method]}
    order = list(names)
    given = _given(node, order[: catalog.mail()["positions"].get(method, len(order))])
    if isinstance(given, str):
        return given
    if any(name not in names for name, *_ in given):
        return f"aiosmtplib's `{method}` does not take what it is given"
    if [name for name, *_ in given] != sorted((name for name, *_ in given), key=order.index):
        return f"the arguments of `{method}` stand in another order than aiosmtplib's; put them in order"
    arguments = tuple(Argument(place, names[name], bare=not names[name]) for name, place, _ in given)
    if method == "starttls" and not _is_context(situation, next((value for *_, value in given), None)):
        return (*arguments, Argument(-1, "validate_certs", "False"))
    return arguments


def _given(node: ast.Call, order: Sequence[str]) -> list[Given] | str:
    """The arguments of a call by the names of their parameters."""
    if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
        return "its arguments are put together while it runs"
    if len(node.args) > len(order):
        return "it has arguments that aiosmtplib does not take"
    positional = [(order[place], place, value) for place, value in enumerate(node.args)]
    return positional + [
        (str(each.arg), len(node.args) + place, each.value) for place, each in enumerate(node.keywords)
    ]


def _is(node: ast.expr, *values: object) -> bool:
    return isinstance(node, ast.Constant) and node.value in values


def _is_context(situation: Situation, node: ast.expr | None) -> bool:
    """Whether it is certain that somebody says how certificates are checked: without a context, smtplib checks none."""
    return node is not None and Kinds(situation).of(node) == CONTEXT
