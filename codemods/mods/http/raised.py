"""`raise` of one of requests' exceptions, in a function whose calls go: httpx's in its place, where one is as good.

One is where every handler that gets the one gets the other, once it waits for httpx's: `catalog/requests_to_httpx.toml`
names the pairs. All others stay, and what waits for them waits for both.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Argument, Recast, Reword
from codemods.facts.values import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.mods.http.places import Places
    from codemods.program import Module

_ANSWER = "HTTPStatusError"


@dataclass(frozen=True, eq=False)
class Raised:
    """A statement that raises another exception from now on."""

    node: ast.Raise
    made: ast.expr
    """The class, or the call that makes the exception."""
    name: str
    """The class in httpx."""
    edit: Recast | Reword
    answers: tuple[ast.Name, ...] = ()
    """Where the exception is told of the answer that it is about."""


def raised(places: Places, module: Module, opened: Opened, function: ast.AsyncFunctionDef) -> Iterator[Raised]:
    """All statements of a function that may."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Raise) or node.exc is None or opened.function(node) is not function:
            continue
        call = node.exc if isinstance(node.exc, ast.Call) else None
        named = node.exc if call is None else call.func
        owner, _, last = places.name(module, opened, named).rpartition(".")
        name = catalog.http()["raised"].get(last, "") if owner in {"requests", "requests.exceptions"} else ""
        if name and call is not None:
            yield from _made(module, opened, node, call, name)
        elif name and name != _ANSWER:
            # httpx's classes want a text.
            yield Raised(node, named, name, Reword(*opened.mention(named), f'{LIBRARY}.{name}("")'))


def _made(module: Module, opened: Opened, node: ast.Raise, call: ast.Call, name: str) -> Iterator[Raised]:
    """`raise requests.Timeout("late")`, `raise requests.HTTPError("no", response=reply)`."""
    facts = module.calls.get(opened.call_numbers[call])
    if facts is None or len(call.args) > 1 or any(isinstance(each, ast.Starred) for each in call.args):
        return
    arguments = [Argument(0) if call.args else Argument(-1, "", '""')]
    told = {each.arg: each.value for each in call.keywords}
    answer, asked = told.get("response"), told.get("request")
    answers: list[ast.Name] = []
    if name == _ANSWER and isinstance(answer, ast.Name) and told.keys() <= {"request", "response"}:
        answers.append(answer)
        match asked:
            case None:
                arguments.append(Argument(-1, "request", f"{answer.id}.request"))
            case ast.Attribute(value=ast.Name(id=answer.id) as other, attr="request"):
                answers.append(other)
            case _:
                return
        arguments += [Argument(len(call.args) + place, each.arg or "") for place, each in enumerate(call.keywords)]
    elif name == _ANSWER or told:
        return
    function = f"{LIBRARY}.{name}"
    edit = Recast(*module.facts.numbers(facts), dotted(call.func), function, tuple(arguments), awaited=False)
    yield Raised(node, call, name, edit, tuple(answers))
