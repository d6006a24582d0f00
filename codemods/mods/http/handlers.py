"""Exception handlers of the application: those for requests' exceptions are registered for httpx's as well.

Starlette looks for a handler by the classes above the exception, nearest first. So both registrations stay apart.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Below, Decorate
from codemods.facts.opened import name_of
from codemods.facts.values import dotted
from codemods.hazards import Hazard
from codemods.mods.http.errors import REGISTERING, looked_into
from codemods.mods.http.imported import imported
from codemods.mods.http.places import Place, qualified
from codemods.mods.uses import registers_handler
from codemods.program.classes import is_test
from codemods.program.values import Definition, function_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.program import Module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_WRONG_JSON = "json.JSONDecodeError"
_ASKED = "waits for an exception of requests, which may no longer come"


@dataclass(frozen=True, eq=False)
class _Registered:
    """A handler that is registered for a class of exceptions."""

    module: Module
    opened: Opened
    call: ast.Call
    name: str
    """The qualified name of the class."""
    handler: Definition | None
    """Nothing where it is not certain which one it is."""

    @property
    def shown(self) -> str:
        return f"{self.module.shown}:{self.call.lineno}"

    def like(self, other: _Registered) -> bool:
        """Whether it is the same handler of the same application."""
        owners = {dotted(each.call.func).rpartition(".")[0] for each in (self, other)}
        return self.handler == other.handler and self.module is other.module and len(owners) == 1


class Handlers:
    """Asked about a whole project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._all = list(self._found())
        self._given = list(self._as_arguments())

    def beside(self, *, reads_json: bool) -> tuple[list[Hazard], dict[str, list[Edit]]]:
        """What goes with calls of httpx, by file, and what a person should know about it, or stands against it.

        What is wrong with JSON is an exception of requests, and none of httpx.
        """
        hazards = list(self._given)
        edits: dict[str, list[Edit]] = defaultdict(list)
        wanted = {each: self._wanted(each, reads_json=reads_json) for each in self._all}
        for each, names in wanted.items():
            if names is None:
                continue
            reason = self._refusal(each, names) or self._taken(each, wanted)
            if reason:
                hazards.append(Hazard("manual", f"{each.shown} {reason}"))
                continue
            there = {_key(other.name) for other in self._all if other.like(each)}
            new = [name for name in names if name not in there]
            if new:
                errors = "httpx's exceptions" + (" and every json.JSONDecodeError" if _WRONG_JSON in new else "")
                hazards.append(Hazard("unsafe", f"{each.shown} waits for {errors} as well"))
                edits[each.module.path] += self._written(each, new)
        return hazards, edits

    # What is there

    def _found(self) -> Iterator[_Registered]:
        for last in sorted(REGISTERING):
            for module, call in self._project.calls.calls_named(last):
                if call.number < 0 or is_test(module.path):
                    continue
                opened = self._project.open(module.path)
                node = opened.calls[call.number]
                given = [*node.args[:1], *(each.value for each in node.keywords)]
                name = next(filter(None, (qualified(self._project, module, opened, each) for each in given)), "")
                known = registers_handler(self._project, module, call)
                if name:
                    yield _Registered(
                        module, opened, node, name, self._handler(module, opened, node) if known else None
                    )

    def _handler(self, module: Module, opened: Opened, node: ast.Call) -> Definition | None:
        """The function that is registered: what is decorated, or the second argument of a statement's call."""
        if node.keywords or not dotted(node.func):
            return None
        match opened.parent(node), node.args:
            case (ast.FunctionDef() | ast.AsyncFunctionDef()) as above, [_]:
                return Definition(module.path, opened.scopes[above])
            case ast.Expr() as above, [_, handler] if dotted(handler) and opened.block_of(above) is not None:
                values = self._project.calls.of(module, opened.scope(node), dotted(handler), node.lineno)
                found = set(map(function_of, values))
                return found.pop() if len(found) == 1 else None
        return None

    def _as_arguments(self) -> Iterator[Hazard]:
        """`FastAPI(exception_handlers={…})`."""
        for module in self._project.program.modules.values():
            if "requests" not in module.imported_roots or is_test(module.path):
                continue
            for call in module.facts.calls:
                if call.number < 0 or all(name != "exception_handlers" for name, _ in call.keywords):
                    continue
                opened = self._project.open(module.path)
                given = next(
                    each.value for each in opened.calls[call.number].keywords if each.arg == "exception_handlers"
                )
                keys = given.keys if isinstance(given, ast.Dict) else [None]
                names = [qualified(self._project, module, opened, each) if each is not None else None for each in keys]
                if any(name is None or name.startswith("requests.") for name in names):
                    yield Hazard("manual", f"{module.shown}:{given.lineno} {_ASKED}")

    # What becomes of it

    def _wanted(self, each: _Registered, *, reads_json: bool) -> list[str] | None:
        """The classes that a handler is to be registered for as well; nothing where it is not for requests'."""
        known, last = catalog.http(), each.name.rpartition(".")[2]
        if each.name in known["builtin_errors"]:
            found = [name for name in known["builtin_errors"][each.name] if not name.startswith("builtins.")]
        elif each.name.startswith("requests."):
            found = [_WRONG_JSON if name == "builtins.ValueError" else name for name in known["errors"].get(last, [])]
        else:
            return None
        more = reads_json and (not each.name.startswith("requests.") or last == "RequestException")
        return [*found, _WRONG_JSON] if more else found

    def _refusal(self, each: _Registered, names: list[str]) -> str:
        if not names:
            last = each.name.rpartition(".")[2]
            return f"waits for {last}, and httpx has nothing like {last}"
        module = self._project.program.modules[each.handler.path] if each.handler is not None else None
        opened = self._project.open(module.path) if module is not None else None
        node = opened.nodes[each.handler.scope] if opened is not None and each.handler is not None else None
        if module is None or opened is None or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return _ASKED
        parameters = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        others = [each for each in node.decorator_list if not self._only_registers(each)]
        match parameters:
            case [_, given] if not others:
                pass
            case _:
                return _ASKED
        if each.module.path not in self._project.within:
            return "waits for what requests raises, and is not among the paths given"
        place = Place(module, opened, node, tuple(each.call.args[:1]), node.body)
        if self._goes_on(module, opened, node, given):
            return "waits for an exception of requests, and its handler asks what it is or hands it on"
        return looked_into(place, [each.name], given)

    def _only_registers(self, decorator: ast.expr) -> bool:
        return isinstance(decorator, ast.Call) and name_of(decorator.func) in REGISTERING

    def _goes_on(self, module: Module, opened: Opened, node: ast.AST, name: str) -> bool:
        """Whether a handler speaks of requests, or hands the exception to a function of the project."""
        for each in (part for statement in getattr(node, "body", ()) for part in ast.walk(statement)):
            if isinstance(each, ast.Name | ast.Attribute) and qualified(self._project, module, opened, each).startswith(
                "requests."
            ):
                return True
            if isinstance(each, ast.Name) and each.id == name:
                above = opened.parent(each)
                above = opened.parent(above) if isinstance(above, ast.keyword | ast.Starred) else above
                call = module.calls.get(opened.call_numbers[above]) if isinstance(above, ast.Call) else None
                if call is not None and any(map(function_of, self._project.calls.callee(module, call))):
                    return True
        return False

    def _taken(self, each: _Registered, wanted: dict[_Registered, list[str] | None]) -> str:
        """Why its registration for other classes would take exceptions from other handlers, or they from it."""
        names = wanted[each] or []
        for other, others in wanted.items():
            if other.handler == each.handler:
                continue
            key = _key(other.name)
            paired = any(another.handler == other.handler and key in (more or ()) for another, more in wanted.items())
            if (
                not set(names).isdisjoint(others or ())
                or key in names
                or (other.name.startswith("httpx") and not paired)
            ):
                return f"waits for what {other.shown} waits for as well"
        return ""

    def _written(self, each: _Registered, names: list[str]) -> Iterator[Edit]:
        """More decorators, or more calls, like those that are there."""
        above, function = each.opened.parent(each.call), dotted(each.call.func)
        for name in names:
            text, addition = f"{LIBRARY}.{name}", None
            if name == _WRONG_JSON:
                text, addition = imported(each.opened, *name.split("."))
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
                number = each.opened.number(above, _FUNCTIONS)
                place = above.decorator_list.index(each.call)
                yield Decorate(each.opened.top(above), number, above.name, place, f"@{function}({text})")
            elif isinstance(above, ast.Expr):
                text = f"{function}({text}, {dotted(each.call.args[1])})"
                yield Below(each.opened.top(above), each.opened.number(above, ast.stmt), text)
            if addition is not None:
                yield addition


def _key(name: str) -> str:
    """The name of a class as it is wanted."""
    return name.rpartition(".")[2] if name.startswith("httpx") else name.replace("json.decoder.", "json.")
