"""Who waits for what requests raises: handlers and decorators, of a function and of those that call it, and tests."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Reword
from codemods.facts.opened import name_of
from codemods.facts.values import dotted
from codemods.hazards import Hazard
from codemods.mods.catching import TAKING
from codemods.program.classes import is_test
from codemods.program.values import Definition, function_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.facts import Opened
    from codemods.mods.codemod import Project, Work
    from codemods.program import Module


# Calls that register a handler for the whole application: `Handlers` sees to those.
REGISTERING = frozenset({"add_exception_handler", "exception_handler"})


@dataclass(frozen=True, eq=False)
class Place:
    """Something that waits for exceptions."""

    module: Module
    opened: Opened
    node: ast.ExceptHandler | ast.expr | ast.FunctionDef | ast.AsyncFunctionDef
    """The handler, or what is called with the classes."""
    types: tuple[ast.expr, ...]
    body: Sequence[ast.stmt]
    """What it waits for them in."""

    @property
    def shown(self) -> str:
        """Where it stands."""
        return f"{self.module.shown}:{self.node.lineno}"


class Errors:
    """Asked of one function."""

    def __init__(self, work: Work) -> None:
        self._project = work.project
        self._function = work.function
        self._module = work.situations[0].site.module
        self._opened = work.situations[0].opened

    def around(self, call: ast.AST) -> Iterator[Place]:
        """What waits for the exceptions of a call in its function."""
        yield from self._around(self._module, self._opened, call)

    def _around(self, module: Module, opened: Opened, call: ast.AST) -> Iterator[Place]:
        function = opened.function(call)
        for above, part in opened.ancestors(call):
            if above is function:
                return
            if isinstance(above, ast.Try) and part in above.body:
                for handler in above.handlers:
                    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                    yield Place(module, opened, handler, tuple(each for each in types if each is not None), above.body)
                    inside = [each for statement in handler.body for each in ast.walk(statement)]
                    yield from self._calls(module, opened, inside, above.body)
            elif isinstance(above, ast.With | ast.AsyncWith) and part in above.body:
                yield from self._calls(module, opened, [item.context_expr for item in above.items], above.body)

    def _calls(
        self, module: Module, opened: Opened, nodes: Sequence[ast.AST], body: Sequence[ast.stmt]
    ) -> Iterator[Place]:
        """`suppress(…)`, `raises(…)`, and `isinstance(…)` in a handler."""
        for node in nodes:
            if isinstance(node, ast.Call) and self._is_one(module, opened, node.func, "calls"):
                yield Place(module, opened, node, _given(node), body)

    def _is_one(self, module: Module, opened: Opened, function: ast.expr, kind: str) -> bool:
        name = dotted(function)
        outside = self._project.program.resolve(module, opened.scope(function), name).outside if name else frozenset()
        return not outside.isdisjoint(catalog.http()["waiting"][kind])

    # Further up

    @cached_property
    def above(self) -> tuple[Place, ...]:
        """What waits for the function's exceptions outside of its body."""
        return tuple(self._above())

    def _above(self) -> Iterator[Place]:
        waiting, seen = [self._function], {self._function}
        while waiting:
            function = waiting.pop()
            yield from self._decorators(function)
            for module, call in self._project.calls.calls_named(self._project.name_of(function)):
                holder = Definition(module.path, module.function_of(call.scope))
                if function not in map(function_of, self._project.calls.callee(module, call)):
                    continue
                if call.number >= 0:
                    opened = self._project.open(module.path)
                    yield from filter(self._concerned, self._around(module, opened, opened.calls[call.number]))
                if holder not in seen and holder.scope in module.functions:
                    seen.add(holder)
                    waiting.append(holder)

    def _decorators(self, function: Definition) -> Iterator[Place]:
        """The decorators of a function that are told of requests' exceptions."""
        module = self._project.program.modules[function.path]
        if not _speaks_of(module):
            return
        opened = self._project.open(function.path)
        node = opened.nodes[function.scope]
        for decorator in getattr(node, "decorator_list", ()):
            named = [each for each in ast.walk(decorator) if isinstance(each, ast.expr) and dotted(each)]
            types = tuple(
                each
                for each in named
                if self.name(module, opened, each).startswith("requests.")
                and not isinstance(opened.parent(each), ast.Attribute)
            )
            if types:
                yield Place(module, opened, decorator, types, node.body)  # type: ignore[attr-defined]

    def _concerned(self, place: Place) -> bool:
        return any(self._instead(place, each) is not None for each in place.types)

    # What they wait for instead

    def name(self, module: Module, opened: Opened, node: ast.expr) -> str:
        """The qualified name of an expression that comes from outside."""
        return qualified(self._project, module, opened, node)

    def _instead(self, place: Place, node: ast.expr) -> list[str] | None:
        """What httpx raises instead of a class; nothing where it does not concern requests."""
        name = self.name(place.module, place.opened, node)
        known: list[str] | None = catalog.http()["builtin_errors"].get(name)
        if known is not None or not name.startswith("requests."):
            return known
        found: list[str] = catalog.http()["errors"].get(name.rpartition(".")[2], [])
        return found

    def reworded(self, place: Place, *, beside: bool, reads_json: bool) -> tuple[list[Reword], str]:
        """What a place waits for from now on, or why it cannot; `beside` says that requests' own still come as well."""
        edits: list[Reword] = []
        names = [self.name(place.module, place.opened, each) for each in place.types]
        there = {name.rpartition(".")[2] for name in names if name.startswith("httpx")}
        for each, name in zip(place.types, names, strict=True):
            known = self._instead(place, each)
            if known is None:
                continue
            if not known:
                return [], f"waits for {name_of(each)}, and httpx has nothing like {name_of(each)}"
            more = ["builtins.ValueError"] if name.endswith(".RequestException") and reads_json else []
            texts = [_written(text) for text in [*known, *more] if text not in there]
            if beside and texts and name.startswith("requests."):
                texts.insert(0, "{}" if isinstance(each, ast.Name) else f"{{}}.{name_of(each)}")
            if texts:
                edits.append(_reword(place, each, texts))
        if not edits:
            return [], ""
        if isinstance(place.node, ast.ExceptHandler):
            reason = looked_into(place, names, place.node.name) if place.node.name else ""
        else:
            reason = self._told(place, place.node)
        return ([], reason) if reason else (edits, "")

    def _told(self, place: Place, node: ast.AST) -> str:
        """Why what is called with the classes does not fit."""
        if not isinstance(node, ast.Call):
            return "waits for exceptions of requests in a way that is not understood"
        if self._is_one(place.module, place.opened, node.func, "calls"):
            return ""
        looking = set(catalog.http()["waiting"]["looking"])
        looks = any(
            isinstance(each, ast.Lambda) or getattr(each, "arg", None) in looking or name_of(each) in looking
            for each in ast.walk(node)
        )
        if looks or not self._is_one(place.module, place.opened, node.func, "decorators"):
            return "waits for exceptions of requests, and may look into them"
        return ""


def qualified(project: Project, module: Module, opened: Opened, node: ast.expr) -> str:
    """The qualified name of an expression that comes from outside."""
    name = dotted(node)
    outside = project.program.resolve(module, opened.scope(node), name).outside if name else ()
    return next(iter(sorted(outside)), "")


def looked_into(place: Place, names: Sequence[str], given: str) -> str:
    """Why a handler's body does not fit: it reads something of the exception that httpx's may not have."""
    body = getattr(place.node, "body", ())
    status = all(each.endswith(".HTTPError") for each in names)
    same = {name for name, each in catalog.http()["answers"].items() if "as" not in each}
    for node in (each for statement in body for each in ast.walk(statement)):
        if not isinstance(node, ast.Name) or node.id != given:
            continue
        match place.opened.parent(node):
            case ast.Attribute(attr="response") as above if status:
                beyond = place.opened.parent(above)
                fits = isinstance(beyond, ast.Attribute) and beyond.attr in same
            case ast.Attribute():
                fits = False
            case _:
                fits = True
        if not fits:
            return "looks at attributes of the exception, which httpx's may not have"
    return ""


def registered(project: Project) -> Iterator[Hazard]:
    """What is told of requests' exceptions, in tests as well, apart from handlers of the application."""
    decorators = catalog.http()["waiting"]["decorators"]
    for module in project.program.modules.values():
        if not _speaks_of(module):
            continue
        for call in module.facts.calls:
            last = call.callee.rpartition(".")[2]
            if last not in TAKING or (last in REGISTERING and not is_test(module.path)):
                continue
            for shape in (*call.arguments, *(value for _, value in call.keywords)):
                if isinstance(shape, str) and _is_requests(project, module, call.scope, shape):
                    if _goes_along(project, module, call.number, decorators):
                        continue
                    yield Hazard(
                        "unsafe" if is_test(module.path) else "manual",
                        f"{module.shown}:{call.place[0]} waits for an exception of requests, which may no longer come",
                    )
                    return


def _goes_along(project: Project, module: Module, number: int, decorators: Sequence[str]) -> bool:
    """Whether it is a decorator, or a block of a test, that changes with the functions whose exceptions it gets."""
    opened = project.open(module.path)
    call = opened.calls[number]
    for above, part in [(call, call), *opened.ancestors(call)]:
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) and part in above.decorator_list:
            name = dotted(part.func) if isinstance(part, ast.Call) else ""
            outside = project.program.resolve(module, opened.scope(part), name).outside if name else frozenset()
            return not outside.isdisjoint(decorators)
        if isinstance(above, ast.With | ast.AsyncWith) and isinstance(part, ast.withitem):
            inside = [node for each in above.body for node in ast.walk(each) if isinstance(node, ast.Call)]
            found = [module.calls.get(opened.call_numbers[node]) for node in inside]
            return any(function_of(v) for each in found if each is not None for v in project.calls.callee(module, each))
    return False


def _reword(place: Place, node: ast.expr, texts: Sequence[str]) -> Reword:
    text = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    above = place.opened.parent(node)
    listed = isinstance(above, ast.Tuple) or (isinstance(above, ast.Call) and name_of(above.func) == "suppress")
    return Reword(*place.opened.mention(node), text, spread=len(texts) > 1 and listed)


def _given(call: ast.Call) -> tuple[ast.expr, ...]:
    """The classes that a call is given."""
    return tuple(part for each in call.args for part in (each.elts if isinstance(each, ast.Tuple) else [each]))


def _written(text: str) -> str:
    return text.removeprefix("builtins.") if "." in text else f"{LIBRARY}.{text}"


def _speaks_of(module: Module) -> bool:
    return "requests" in module.imported_roots


def _is_requests(project: Project, module: Module, scope: int, name: str) -> bool:
    errors = catalog.http()["errors"]
    if not name:
        return False
    outside = project.program.resolve(module, scope, name).outside
    return any(each.startswith("requests.") and each.rpartition(".")[2] in errors for each in outside)
