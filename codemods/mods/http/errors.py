"""Who waits for what requests raises: handlers and decorators, of a function and of those that call it, and tests."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Reword
from codemods.facts.opened import name_of
from codemods.mods.catching import Raised, callers, registered
from codemods.mods.http.places import Places, qualified
from codemods.program.calls import functions_of
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.facts import Call
    from codemods.hazards import Hazard
    from codemods.mods.codemod import Project, Work
    from codemods.mods.http.places import Place
    from codemods.program import Module
    from codemods.program.values import Definition


# Calls that register a handler for the whole application: `Handlers` sees to those.
REGISTERING = frozenset({"add_exception_handler", "exception_handler"})


class Errors(Places):
    """Asked of one function."""

    def __init__(self, work: Work) -> None:
        super().__init__(work.project)
        self._function = work.function

    @cached_property
    def above(self) -> tuple[Place, ...]:
        """What waits for the function's exceptions outside of its body."""
        return tuple(self._above())

    def _above(self) -> Iterator[Place]:
        for function, calls in callers(self._project, self._function):
            yield from self._decorators(function)
            for module, opened, call in calls:
                yield from self.around(module, opened, call)

    def _decorators(self, function: Definition) -> Iterator[Place]:
        """The decorators of a function that are told of requests' exceptions."""
        module = self._project.program.modules[function.path]
        if not _speaks_of(module):
            return
        opened = self._project.open(function.path)
        node = opened.nodes[function.scope]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = (self.decorator(module, opened, each, node.body) for each in node.decorator_list)
            yield from filter(None, found)

    # What they wait for instead

    def _instead(self, name: str, *, addresses: bool) -> list[str] | None:
        """What httpx raises instead of a class; nothing where it does not concern requests."""
        known: list[str] | None = catalog.http()["builtin_errors"].get(name)
        if addresses and name == "builtins.ValueError":
            return list(catalog.http()["waiting"]["addresses"])
        if known is not None or not name.startswith("requests."):
            return known
        found: list[str] = catalog.http()["errors"].get(name.rpartition(".")[2], [])
        return found

    def reworded(
        self, place: Place, *, beside: bool, reads_json: bool, addresses: bool = False
    ) -> tuple[list[Reword], str]:
        """What a place waits for from now on, or why it cannot; `beside` says that requests' own still come as well.

        `addresses` says that some may be no addresses, which is a ValueError in requests.
        """
        edits: list[Reword] = []
        others: list[list[str]] = []
        names = [self.name(place.module, place.opened, each) for each in place.types]
        there = {name.rpartition(".")[2] for name in names if name.startswith("httpx")}
        for each, name in zip(place.types, names, strict=True):
            known = self._instead(name, addresses=addresses)
            ours = name.startswith("requests.")
            # `OSError` and `IOError` are the same.
            if known is None or (not ours and known in others):
                continue
            others += [known] if not ours else []
            if not known:
                return [], f"waits for {name_of(each)}, and httpx has nothing like {name_of(each)}"
            more = ["builtins.ValueError"] if name.endswith(".RequestException") and reads_json else []
            texts = [_written(text) for text in [*known, *more] if text not in there]
            if beside and texts and ours:
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
        if self.takes(place.module, place.opened, node, "calls"):
            return ""
        looking = set(catalog.http()["waiting"]["looking"])
        looks = any(
            isinstance(each, ast.Lambda) or getattr(each, "arg", None) in looking or name_of(each) in looking
            for each in ast.walk(node)
        )
        if looks or not self.takes(place.module, place.opened, node, "decorators"):
            return "waits for exceptions of requests, and may look into them"
        return ""


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


def in_tests(project: Project) -> Iterator[Hazard]:
    """Tests that are told of requests' exceptions, and do not change with the functions whose exceptions they get."""
    raised = Raised("requests", catalog.http()["errors"])
    return registered(project, raised, lambda module, call: not is_test(module.path) or _follows(project, module, call))


def _follows(project: Project, module: Module, call: Call) -> bool:
    """Whether it is a decorator, or a block of a test, that changes with the functions whose exceptions it gets."""
    opened = project.open(module.path)
    node = opened.calls[call.number]
    waiting = catalog.http()["waiting"]
    for above, part in [(node, node), *opened.ancestors(node)]:
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) and part in above.decorator_list:
            return isinstance(part, ast.Call) and qualified(project, module, opened, part.func) in waiting["decorators"]
        if isinstance(above, ast.With | ast.AsyncWith) and isinstance(part, ast.withitem):
            inside = [each for statement in above.body for each in ast.walk(statement) if isinstance(each, ast.Call)]
            found = [module.calls.get(opened.call_numbers[each]) for each in inside]
            known = qualified(project, module, opened, node.func) in waiting["calls"]
            values = [each for call in found if call is not None for each in project.calls.callee(module, call)]
            return known and any(True for _ in functions_of(values))
    return False


def _reword(place: Place, node: ast.expr, texts: Sequence[str]) -> Reword:
    text = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    above = place.opened.parent(node)
    listed = isinstance(above, ast.Tuple) or (isinstance(above, ast.Call) and name_of(above.func) == "suppress")
    return Reword(*place.opened.mention(node), text, spread=len(texts) > 1 and listed)


def _written(text: str) -> str:
    return text.removeprefix("builtins.") if "." in text else f"{LIBRARY}.{text}"


def _speaks_of(module: Module) -> bool:
    return "requests" in module.imported_roots
